"""The four subjects of BOLD5000, and their trials put together to one dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.bold5000.images import STIMULUS_TREE, image_files, image_groups, read_images
from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list
from pipeline.brains.checks import require_directory
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.names_to_keep import names_to_keep
from pipeline.brains.repeats import Showings, group_showings
from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import unusable_voxels_text
from pipeline.config import Bold5000Config
from pipeline.config.stage import user_path
from pipeline.errors import DataError, Problem

SUBJECTS = ("CSI1", "CSI2", "CSI3", "CSI4")
_REMEDY = "Point to the folder the release was unpacked in, whole."


@dataclass(frozen=True)
class SubjectTrials:
    """The trials of one subject among the images of the dataset.

    Parameters
    ----------
    showings : Showings
        Its images in the order of the dataset, and the trials that showed them.
    stimulus_rows : ndarray of int64, shape (n_shown,), optional
        Positions of its images among those of the dataset; None: all of them.
    """

    showings: Showings
    stimulus_rows: NDArray[np.int64] | None


def trial_lists(
    config: Bold5000Config,
    there: Callable[[str], bool],
    list_path: Callable[[str], Path],
) -> dict[str, tuple[str, ...]]:
    """Read the lists of trials of the subjects asked for, or of all that have files.

    Parameters
    ----------
    config : Bold5000Config
        Its directory is checked here, before anything is looked for in it.
    there : callable
        Whether a subject has files.
    list_path : callable
        Where the list of a subject is.

    Returns
    -------
    dict of str to tuple of str
        Subject -> image of each trial.

    Raises
    ------
    ConfigError
        If a subject is asked for that has no files.
    DataError
        If the folder is missing, the files of every subject are, or a list is damaged.
    """
    directory = require_directory("BOLD5000", config.directory, _REMEDY)
    present = tuple(subject for subject in SUBJECTS if there(subject))
    if not present:
        expected = "files of at least one of CSI1 to CSI4"
        raise DataError(Problem(str(directory), expected, "none", _REMEDY))
    names = names_to_keep("subjects", str(directory), config.subject_names, present)
    return {subject: read_stimulus_list(list_path(subject)) for subject in names}


def assemble_dataset(
    name: str,
    source: str,
    lists: Mapping[str, tuple[str, ...]],
    config: Bold5000Config,
    read: Callable[[str, SubjectTrials], Responses],
) -> BrainDataset:
    """Read all subjects and make one dataset of the images that any of them saw.

    Parameters
    ----------
    name, source : str
        As in :class:`BrainDataset`; the voxels left out are added to the source.
    lists : mapping of str to tuple of str
        Subject -> image of each trial.
    config : Bold5000Config
        Says where the images lie, how large they are wanted and how they are grouped.
    read : callable
        ``read(subject, trials)`` -> its responses.

    Raises
    ------
    DataError
        If images are missing or damaged, or from ``read``.
    """
    images = tuple(sorted(set().union(*lists.values())))
    groups = image_groups(images, config.groups)
    tree = user_path(config.image_dir) or Path(str(config.directory)) / STIMULUS_TREE
    files = image_files(tree, images)
    subjects = {subject: read(subject, _trials(names, images)) for subject, names in lists.items()}
    return BrainDataset(
        name=name,
        stimuli=Stimuli(read_images(files, config.image_size), groups),
        subjects=subjects,
        source=f"{source} ({', '.join(lists)}); {unusable_voxels_text(subjects)}",
    )


def _trials(names: tuple[str, ...], images: tuple[str, ...]) -> SubjectTrials:
    names_there = set(names)
    stimulus_rows = np.array(
        [i for i, image in enumerate(images) if image in names_there], dtype=np.int64
    )
    showings = group_showings(names, (images[i] for i in stimulus_rows))
    return SubjectTrials(showings, None if len(stimulus_rows) == len(images) else stimulus_rows)
