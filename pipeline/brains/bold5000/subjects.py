"""The four subjects of BOLD5000, and their trials put together to one dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.bold5000.images import Groups, image_files, image_groups
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.pictures import read_pictures
from pipeline.brains.responses import Responses
from pipeline.brains.showings import Showings, showings_of
from pipeline.errors import ConfigError, DataError, Problem, nearest

SUBJECTS = ("CSI1", "CSI2", "CSI3", "CSI4")


@dataclass(frozen=True)
class Trials:
    """The trials of one subject among the images of the dataset.

    Parameters
    ----------
    showings : Showings
        Its images in the order of the dataset, and the trials that showed them.
    shown : ndarray of int64, shape (n_shown,), optional
        Positions of its images among those of the dataset; None: all of them.
    """

    showings: Showings
    shown: NDArray[np.int64] | None


@dataclass(frozen=True)
class Pictures:
    """Where the images lie and in what form they are wanted.

    Parameters
    ----------
    tree : Path
        The folder that holds ``COCO``, ``ImageNet`` and ``Scene``.
    size : int
        Height and width in pixels.
    groups : 'image' or 'source'
    """

    tree: Path
    size: int
    groups: Groups


def wanted_subjects(
    directory: Path | None, asked: Sequence[str] | None, there: Callable[[str], bool]
) -> tuple[str, ...]:
    """Say which subjects to read: those asked for, or all that have files.

    Parameters
    ----------
    directory : Path, optional
        Folder of the files, checked here.
    asked : sequence of str, optional
    there : callable
        Tells whether a subject has files.

    Raises
    ------
    ConfigError
        If a subject is asked for by an unknown name.
    DataError
        If the folder or the files of a subject asked for are missing, or of every subject.
    """
    if directory is None or not directory.is_dir():
        found = "none given" if directory is None else f"no such folder: {directory}"
        remedy = "Point to the folder the release was unpacked in."
        raise DataError(Problem("BOLD5000: directory", "a folder", found, remedy))
    for subject in asked or ():
        if subject not in SUBJECTS:
            known = nearest(subject, SUBJECTS)
            raise ConfigError(Problem("subjects", "CSI1 to CSI4", repr(subject), known))
    present = tuple(subject for subject in SUBJECTS if there(subject))
    absent = [subject for subject in asked or () if subject not in present]
    if absent or not present:
        raise DataError(
            Problem(
                str(directory),
                f"files of {', '.join(absent) or 'at least one of CSI1 to CSI4'}",
                f"files of {', '.join(present) or 'none'}",
                "Point to the folder the release was unpacked in, whole.",
            )
        )
    return tuple(subject for subject in present if asked is None or subject in asked)


def assembled(
    name: str,
    source: str,
    lists: Mapping[str, tuple[str, ...]],
    pictures: Pictures,
    read: Callable[[str, Trials], tuple[Responses, int]],
) -> BrainDataset:
    """Read all subjects and make one dataset of the images that any of them saw.

    Parameters
    ----------
    name, source : str
        As in :class:`BrainDataset`; the voxels left out are added to the source.
    lists : mapping of str to tuple of str
        Subject -> image of each trial.
    pictures : Pictures
    read : callable
        ``read(subject, trials)`` -> its responses and the number of voxels left out.

    Raises
    ------
    DataError
        If images are missing or damaged, or from ``read``.
    """
    images = tuple(sorted(set().union(*lists.values())))
    groups = image_groups(images, pictures.groups)
    files = image_files(pictures.tree, images)
    subjects, n_dropped = {}, 0
    for subject, names in lists.items():
        subjects[subject], dropped = read(subject, _trials(names, images))
        n_dropped += dropped
    return BrainDataset(
        name=name,
        stimuli=Stimuli(read_pictures(files, pictures.size), groups),
        subjects=subjects,
        source=f"{source} ({', '.join(lists)}); {n_dropped} unusable voxels left out",
    )


def _trials(names: tuple[str, ...], images: tuple[str, ...]) -> Trials:
    seen = set(names)
    shown = np.array([i for i, image in enumerate(images) if image in seen], dtype=np.int64)
    showings = showings_of(names, (images[i] for i in shown))
    return Trials(showings, None if len(shown) == len(images) else shown)
