"""The form in which both families of files hand on what they hold, and the fields they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab import MatFile, MatValue, refuse_field
from pipeline.files.spelling import composed

MOST_TEXT, MOST_META = 64 << 20, 256 << 20  # bytes; a whole brain of 200,000 voxels needs 30 MB
_MOST_VOXELS = 1_000_000

Atlases = Mapping[str, Mapping[str, NDArray[np.int64]]]


@dataclass(frozen=True)
class ExperimentFile:
    """One experiment as files are cut: its name in file names, number, stimuli and rows."""

    name: str
    number: int
    n_stimuli: int

    @property
    def concepts(self) -> bool:
        """Say whether the stimuli are concepts without passages (Experiment 1)."""
        return self.number == 1


@dataclass(frozen=True)
class Recording:
    """What one subject's file of one experiment holds, but for the responses.

    Parameters
    ----------
    path : Path
    responses : str
        The variable that holds the responses, shape (n_stimuli, n_voxels).
    n_voxels : int
    stimuli : tuple of str
        Sentences or concepts in the order of the rows.
    groups : tuple of str
        The passage of each sentence, or the concept itself.
    atlases : mapping of str to mapping of str to ndarray of int64
        Atlas -> region -> voxel columns from 0.
    coordinates : ndarray of float32, shape (n_voxels, 3), optional
    older : bool
        Whether the file is of the family examples_*.mat, which has Gordon and AAL only.
    """

    path: Path
    responses: str
    n_voxels: int
    stimuli: tuple[str, ...]
    groups: tuple[str, ...]
    atlases: Atlases
    coordinates: NDArray[np.float32] | None
    older: bool


def voxels_of(file: MatFile, name: str, part: ExperimentFile) -> int:
    """Check the declared shape of the responses before anything is read, and return V."""
    header = file.variable(name).header
    shape = header.shape
    if len(shape) != 2 or shape[0] != part.n_stimuli or not 1 <= shape[1] <= _MOST_VOXELS:
        expected = f"shape ({part.n_stimuli}, V), V from 1 to {_MOST_VOXELS:,}"
        refuse_field(f"{file.path}: {name}", expected, header.described)
    return shape[1]


def texts(value: MatValue, count: int | None = None) -> tuple[str, ...]:
    """Return a cell array of lines of text, without space at their ends."""
    cells = value.cells()
    if len(cells) == 1 and cells[0].is_cell:
        cells = cells[0].cells()
    values = tuple(composed(cell.text()).strip() for cell in cells)
    if count is not None and len(values) != count:
        refuse_field(value.where, f"{count} lines of text", f"{len(values)}")
    return values


def stimuli_and_groups(
    file: MatFile, part: ExperimentFile
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return sentences and their passages, or concepts, each of which is its own group."""
    if part.concepts:
        concepts = _different(file.value("keyConcept", MOST_TEXT), part)
        return concepts, tuple(f"exp1-{_tidy(concept)}" for concept in concepts)
    return _different(file.value("keySentences", MOST_TEXT), part), _passages(file, part)


def _different(value: MatValue, part: ExperimentFile) -> tuple[str, ...]:
    """Return sentences or concepts, all different and none empty."""
    values = texts(value, part.n_stimuli)
    twice = sorted({text for text in values if values.count(text) > 1 or not text})
    if twice:
        refuse_field(value.where, "different sentences", f"more than once, or empty: {twice[0]!r}")
    return values


def whole_numbers(value: MatValue, least: int, most: int) -> NDArray[np.int64]:
    """Return whole numbers from ``least`` to ``most``, in a row or a column: shape (n_numbers,)."""
    values = value.numbers().ravel(order="F")
    with np.errstate(invalid="ignore"):
        sound = (values >= least) & (values <= most) & (values == np.floor(values))
    if not sound.all():
        odd = values[~sound][0]
        remark = ": columns count from 1 in these files" if least == 1 and odd == 0 else ""
        refuse_field(value.where, f"whole numbers from {least} to {most}{remark}", f"{odd}")
    return values.astype(np.int64)


def parcels_of(
    names: Sequence[str], value: MatValue, n_voxels: int
) -> dict[str, NDArray[np.int64]]:
    """Return the voxel columns of each region, from 0; regions of one name are one region.

    The file counts columns from 1, as MATLAB does; a 0 shows that they were shifted before.
    """
    listed = value.cells()
    if len(listed) != len(names):
        refuse_field(value.where, f"columns of {len(names)} regions", f"{len(listed)}")
    values: dict[str, NDArray[np.int64]] = {}
    for name, columns in zip(names, listed, strict=True):
        from_0 = whole_numbers(columns, 1, n_voxels) - 1
        values[name] = np.union1d(values.get(name, from_0), from_0)
    return values


def _passages(file: MatFile, part: ExperimentFile) -> tuple[str, ...]:
    """Name the passage of each sentence, with the topic: ``exp2-passage012-fruit``."""
    names = texts(file.value("keyPassageCategory", MOST_TEXT))
    topics = whole_numbers(file.value("labelsPassageCategory", MOST_TEXT), 1, len(names))
    labels = file.value("labelsPassageForEachSentence", MOST_TEXT)
    passages = whole_numbers(labels, 1, len(topics))
    if len(passages) != part.n_stimuli:
        refuse_field(labels.where, f"{part.n_stimuli} passage numbers", f"{len(passages)}")
    return tuple(
        f"exp{part.number}-passage{passage:03d}-{_tidy(names[topics[passage - 1] - 1])}"
        for passage in passages
    )


def coordinates_of(meta: Mapping[str, MatValue], n_voxels: int) -> NDArray[np.float32] | None:
    """Return where the voxels are, shape (n_voxels, 3), or None where the file does not say."""
    if "colToCoord" not in meta:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        values = meta["colToCoord"].numbers().astype(np.float32)
    if values.shape != (n_voxels, 3) or not np.isfinite(values).all():
        where, expected = meta["colToCoord"].where, f"finite numbers of shape ({n_voxels}, 3)"
        refuse_field(where, expected, f"shape {values.shape}")
    return values


def _tidy(name: str) -> str:
    return "-".join(name.lower().replace("_", " ").split())
