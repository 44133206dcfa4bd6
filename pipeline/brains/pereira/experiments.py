"""Pereira 2018: subjects and experiments in one order of stimuli, with the same voxels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.formats.matlab import MatFile, refuse_field
from pipeline.brains.pereira.fields import Recording
from pipeline.brains.pereira.networks import DEFAULT_ROIS, regions
from pipeline.brains.pereira.recordings import read_recording
from pipeline.brains.pereira.subjects import SubjectFiles, find_subjects, parts_of
from pipeline.brains.responses import Responses
from pipeline.brains.unusable_voxels import unusable_voxels_text, usable_voxels, with_columns
from pipeline.config import GroupedBrainConfig
from pipeline.errors import ConfigError, Problem, nearest

_PASSAGE = re.compile(r"^exp\d-passage\d+-")
_STANDS_IN = "Gordon networks, as older files have no language or MD masks"


def load_pereira(config: GroupedBrainConfig, experiment: str) -> BrainDataset:
    """Read one experiment, or the union of the two with sentences, of all subjects that have it.

    Parameters
    ----------
    config : GroupedBrainConfig
        ``directory`` holds ``<subject>/data_*.mat`` or ``<subject>/examples_*.mat``. ``rois`` are
        names as in `networks.regions`; by default the networks of the papers. Files of the older
        family have Gordon and AAL parcels only: there the default stands for Gordon's networks,
        and the source says so. ``groups``: passages, or the topics that they are about.
    experiment : str
        '384', '243', '627' (both, in this order), '180-sentences', '180-pictures' or
        '180-wordclouds' (the stimuli are the 180 concept words).

    Returns
    -------
    BrainDataset
        Stimuli in the order of the first subject's files; a passage, a topic or a concept is a
        group. A topic of the same name in both experiments is one group.
        Only voxels of the regions asked for are kept.

    Notes
    -----
    MATLAB compresses variables by default, and a check sum then guards every byte. Files saved
    without compression (-v6) have none: a changed bit inside a number or a letter there cannot be
    told from the truth, except where subjects are compared with each other.

    Raises
    ------
    DataError
        If nobody has the experiment, a file is damaged, subjects saw other sentences or passages,
        or a region is not there.
    ConfigError
        If there is no such experiment, subject or kind of group.
    """
    directory, rois = config.directory, config.roi_names or DEFAULT_ROIS
    _check_groups(config, experiment)
    subject_files = find_subjects(directory, experiment, config.subject_names)
    parts = parts_of(experiment)
    common: tuple[Recording, ...] = ()
    subjects, remarks = {}, []
    for subject, paths in subject_files.files.items():
        recordings = tuple(read_recording(*pair) for pair in zip(paths, parts, strict=True))
        common = common or recordings
        subjects[subject] = _read_subject(recordings, common, rois, config.max_unusable)
        if rois == DEFAULT_ROIS and any(recording.older for recording in recordings):
            remarks.append(f"{subject}: {_STANDS_IN}")
    stimuli = tuple(text for recording in common for text in recording.stimuli)
    if len(set(stimuli)) < len(stimuli):
        again = next(text for text in stimuli if stimuli.count(text) > 1)
        refuse_field(f"{directory}", "different sentences in 384 and 243", f"in both: {again!r}")
    groups = np.array([group for recording in common for group in recording.groups])
    if config.groups == "topic":
        groups = np.array([_PASSAGE.sub("", group) for group in groups])
    return BrainDataset(
        name=f"pereira2018-{experiment}",
        stimuli=Stimuli(stimuli, groups),
        subjects=subjects,
        source=_source(experiment, subject_files, [*remarks, unusable_voxels_text(subjects)]),
    )


def _source(experiment: str, subjects: SubjectFiles, remarks: Sequence[str]) -> str:
    lacking = f" ({', '.join(subjects.lacking)})" if subjects.lacking else ""
    sentences = [
        f"Pereira et al. 2018, experiment {experiment}",
        f"{len(subjects.files)} subjects",
        f"{len(subjects.lacking)} left out that lack it{lacking}",
        *remarks,
    ]
    return "; ".join(sentences)


def _check_groups(config: GroupedBrainConfig, experiment: str) -> None:
    if config.groups not in {"", "passage", "topic"}:
        expected = f"passage or topic for {experiment} of Pereira 2018"
        remedy = nearest(config.groups, ("passage", "topic"))
        raise ConfigError(Problem("groups", expected, repr(config.groups), remedy))


@dataclass(frozen=True)
class _Voxels:
    """The columns of the file to read, and where each region finds its own among them."""

    columns: NDArray[np.int64]
    rois: Mapping[str, NDArray[np.int64]]


def _read_subject(
    recordings: Sequence[Recording],
    common: Sequence[Recording],
    rois: tuple[str, ...],
    most_unusable: float,
) -> Responses:
    """Read the responses of one subject, straight into the rows and columns wanted."""
    voxels = _same_voxels(recordings, rois)
    orders = [_order(mine, first) for mine, first in zip(recordings, common, strict=True)]
    values = np.empty((sum(map(len, orders)), len(voxels.columns)), dtype=np.float32)
    row = 0
    for recording, order in zip(recordings, orders, strict=True):
        with MatFile(recording.path) as file:
            out = values[row : row + len(order)]
            file.columns(recording.responses, voxels.columns, order, out)
        row += len(order)
    where = str(recordings[0].path.parent)
    usable = usable_voxels(where, values, voxels.rois, most_unusable)
    good = np.unique(np.concatenate(list(usable.rois.values())))
    members = {roi: np.searchsorted(good, columns) for roi, columns in usable.rois.items()}
    coordinates = recordings[0].coordinates
    return Responses(
        with_columns(values, good),
        members,
        coordinates=None if coordinates is None else coordinates[voxels.columns[good]],
        left_out=usable.dropped,
    )


def _same_voxels(recordings: Sequence[Recording], rois: tuple[str, ...]) -> _Voxels:
    """Check that all parts hold the same voxels, and choose those of the regions."""
    first = recordings[0]
    columns_of = regions(first, rois)
    for other in recordings[1:]:
        if other.older != first.older or other.n_voxels != first.n_voxels:
            expected = f"the {first.n_voxels} voxels of {first.path}"
            refuse_field(f"{other.path}: {other.responses}", expected, f"{other.n_voxels}")
        both = first.coordinates is not None and other.coordinates is not None
        if both and not np.array_equal(first.coordinates, other.coordinates):  # type: ignore[arg-type]
            expected = f"the coordinates of {first.path}"
            refuse_field(f"{other.path}: meta.colToCoord", expected, "voxels in another space")
        for roi, columns in regions(other, rois).items():
            if not np.array_equal(columns, columns_of[roi]):
                expected = f"region {roi} as in {first.path}"
                refuse_field(f"{other.path}: meta", expected, f"{len(columns)} other voxels")
    columns = np.unique(np.concatenate(list(columns_of.values())))
    return _Voxels(columns, {roi: np.searchsorted(columns, c) for roi, c in columns_of.items()})


def _order(mine: Recording, first: Recording) -> NDArray[np.int64]:
    """Return the row of ``mine`` that holds each stimulus of ``first``, shape (n_stimuli,)."""
    rows = {text: row for row, text in enumerate(mine.stimuli)}
    missing = [text for text in first.stimuli if text not in rows]
    if missing:
        expected = f"the {len(first.stimuli)} sentences of {first.path}"
        finding = f"{len(missing)} of them missing, such as {missing[0]!r}"
        refuse_field(f"{mine.path}: stimuli", expected, finding)
    order = np.array([rows[text] for text in first.stimuli], dtype=np.int64)
    pairs = {(mine.groups[row], group) for row, group in zip(order, first.groups, strict=True)}
    if not len(pairs) == len(set(mine.groups)) == len(set(first.groups)):
        expected = f"the passages of {first.path}"
        refuse_field(f"{mine.path}: labelsPassageForEachSentence", expected, "others")
    return order
