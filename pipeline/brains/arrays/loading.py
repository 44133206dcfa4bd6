"""Read a folder of the brain ``arrays``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.checks import array_problems
from pipeline.brains.arrays.files import READERS, read_arrays
from pipeline.brains.arrays.limits import damaged
from pipeline.brains.arrays.stimuli import TABLE, StimulusTable, read_stimuli
from pipeline.brains.averaging import averaged
from pipeline.brains.brain import Brain, BrainRequest
from pipeline.brains.checks import usable_voxels
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse


def load_arrays(request: BrainRequest) -> BrainDataset:
    """Read a folder of stimuli.csv and one file of arrays for each subject.

    Parameters
    ----------
    request : BrainRequest
        ``directory`` holds the files that the package describes; others in it are left alone.

    Returns
    -------
    BrainDataset
        Subjects in the order of their names. Responses in float32 without repeats are not copied;
        with repeats, those of the file lie in memory beside the average and the repeats kept.

    Raises
    ------
    DataError
        If a file is missing, damaged, or does not match the others.
    """
    folder = request.directory
    if folder is None or not folder.is_dir():
        found = "none given" if folder is None else "no such folder"
        where = "arrays: directory" if folder is None else str(folder)
        raise DataError(Problem(where, "a folder", found, f"Point to the folder with {TABLE}."))
    table = read_stimuli(folder)
    read = {path.stem: _subject(path, table) for path in _subject_files(folder)}
    dropped = [
        f"{subject} {roi} {count}"
        for subject, (_, lost) in read.items()
        for roi, count in lost.items()
    ]
    return BrainDataset(
        name="arrays",
        stimuli=table.stimuli,
        subjects={subject: responses for subject, (responses, _) in read.items()},
        source=f"arrays of the folder '{folder.resolve().name}', {len(table.row_stimulus)} rows; "
        f"voxels left out: {', '.join(dropped) or 'none'}",
    )


def _subject_files(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in READERS)
    stems = [path.stem for path in paths]
    if not paths:
        raise damaged(folder, f"a file for each subject ({', '.join(READERS)})", "none")
    for stem in stems:
        if stems.count(stem) > 1:
            raise damaged(folder, "one file for each subject", f"{stems.count(stem)} of '{stem}'")
    return paths


def _subject(path: Path, table: StimulusTable) -> tuple[Responses, dict[str, int]]:
    arrays = read_arrays(path)
    refuse(array_problems(path, arrays, len(table.row_stimulus)), DataError)
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and left out
        values = arrays.pop("responses").astype(np.float32, copy=False)
    coordinates = arrays.get("coordinates")
    rois = {
        name.removeprefix("roi/"): _columns(given)
        for name, given in arrays.items()
        if name.startswith("roi/")
    }
    usable = usable_voxels(str(path), values, rois)
    kept = np.unique(np.concatenate(list(usable.rois.values())))
    rows = arrays.get("rows", np.arange(len(values))).astype(np.int64)
    responses = averaged(_only(values, kept), table.row_stimulus[rows], len(table.stimuli))
    return (
        Responses(
            values=responses.values,
            rois={roi: np.searchsorted(kept, columns) for roi, columns in usable.rois.items()},
            repeats=responses.repeats,
            shown=responses.shown,
            repeated=responses.repeated,
            coordinates=None if coordinates is None else coordinates[kept].astype(np.float32),
        ),
        dict(usable.dropped),
    )


def _only(values: NDArray[np.float32], kept: NDArray[np.int64]) -> NDArray[np.float32]:
    """Keep some columns, in place where a copy would nearly double the memory."""
    if len(kept) == values.shape[1]:
        return values
    if 2 * len(kept) <= values.shape[1] or not values.flags.writeable:
        return values[:, kept]
    for row in values:
        row[: len(kept)] = row[kept]
    return values[:, : len(kept)]


def _columns(given: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.flatnonzero(given) if given.dtype.kind == "b" else given.astype(np.int64)


ARRAYS = Brain(
    name="arrays",
    modality="either",
    summary="your own data: a folder of stimuli.csv and one file of arrays for each subject",
    load=load_arrays,
    needs_directory=True,
)
