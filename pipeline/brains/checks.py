"""What responses must satisfy, and which voxels of a file can be used at all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse

_BLOCK_VALUES = 1 << 20
_MOST_SAID = 8


def response_problems(where: str, responses: Responses, n_stimuli: int) -> Iterator[Problem]:
    """Yield everything that keeps one subject's responses from being used.

    Parameters
    ----------
    where : str
        Dataset and subject, for the messages.
    responses : Responses
    n_stimuli : int
        Stimuli of the whole dataset.
    """
    values = responses.values
    rows = responses.rows(n_stimuli)
    if len(np.unique(rows)) < len(rows) or rows.min(initial=0) < 0 or rows.max() >= n_stimuli:
        yield Problem(
            f"{where}: stimuli shown",
            f"different positions from 0 to {n_stimuli - 1}",
            f"{len(rows)} positions from {rows.min()} to {rows.max()}, "
            f"{len(np.unique(rows))} of them different",
            "Average repeats first, and count positions from 0.",
        )
        return
    if values.ndim != 2 or len(values) != len(rows):
        yield Problem(
            f"{where}: responses",
            f"one row for each of {len(rows)} stimuli",
            f"an array of shape {values.shape}",
            "Match responses and stimuli by name and drop what has no partner.",
        )
        return
    if not responses.rois:
        yield Problem(f"{where}: ROIs", "at least one", "none", "Name the region of each voxel.")
    for roi, columns in responses.rois.items():
        yield from _roi_problems(f"{where}, ROI {roi}", values, columns)
    yield from _repeat_problems(where, responses)
    if responses.coordinates is not None and len(responses.coordinates) != values.shape[1]:
        yield Problem(
            f"{where}: coordinates",
            f"one row for each of {values.shape[1]} voxels",
            f"an array of shape {responses.coordinates.shape}",
            "Give every voxel its place, or leave the coordinates out.",
        )


def _repeat_problems(where: str, responses: Responses) -> Iterator[Problem]:
    if responses.repeats is None:
        return
    expected = (len(responses.repeated_rows()), responses.values.shape[1])
    if responses.repeats.shape[1:] != expected:
        yield Problem(
            f"{where}: repeats",
            f"shape (n_repeats, {expected[0]}, {expected[1]})",
            f"shape {responses.repeats.shape}",
            "Give every repeat all its stimuli and voxels, or leave the repeats out.",
        )
    elif not _all_finite(responses.repeats):
        yield Problem(
            f"{where}: repeats",
            "finite responses",
            "NaN or infinite values",
            "Leave these voxels out, or leave the repeats out.",
        )


def _roi_problems(
    where: str, values: NDArray[np.float32], columns: NDArray[np.int64]
) -> Iterator[Problem]:
    if len(columns) == 0 or columns.min() < 0 or columns.max() >= values.shape[1]:
        span = f"{columns.min()} to {columns.max()}" if len(columns) else "no columns"
        yield Problem(
            where,
            f"voxel columns within 0 to {values.shape[1] - 1}",
            span,
            "Columns count from 0: subtract 1 from columns saved by MATLAB.",
        )
        return
    finite, varying = _finite_and_varying(values, columns)
    if not finite.all():
        yield Problem(
            where,
            "finite responses",
            f"NaN or infinite values in {np.count_nonzero(~finite)} of {len(columns)} voxels",
            "Leave these voxels out of the region.",
        )
    elif not varying.all():
        yield Problem(
            where,
            "voxels that vary over stimuli",
            f"{np.count_nonzero(~varying)} of {len(columns)} voxels with one constant value",
            "Leave these voxels out of the region.",
        )


def _all_finite(repeats: NDArray[np.float32]) -> bool:
    """Look at a few megabytes at a time: the answers alone would take a quarter of the data."""
    rows = repeats.reshape(-1, repeats.shape[-1])
    height = max(1, _BLOCK_VALUES // max(1, rows.shape[1]))
    starts = range(0, len(rows), height)
    return all(bool(np.isfinite(rows[start : start + height]).all()) for start in starts)


def _finite_and_varying(
    values: NDArray[np.floating], columns: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Look at the columns a few megabytes at a time: responses can be as large as memory allows."""
    finite = np.zeros(len(columns), dtype=bool)
    varying = np.zeros(len(columns), dtype=bool)
    width = max(1, _BLOCK_VALUES // len(values))
    for start in range(0, len(columns), width):
        block = slice(start, start + width)
        voxels = values[:, columns[block]]
        finite[block] = np.isfinite(voxels).all(axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            varying[block] = np.ptp(voxels, axis=0) > 0
    return finite, varying


@dataclass(frozen=True)
class UsableVoxels:
    """The regions of a file without the voxels that cannot be used.

    Parameters
    ----------
    rois : mapping of str to ndarray of int
        Columns that are finite and vary over stimuli.
    dropped : mapping of str to int
        Region -> voxels left out, only where there are any.
    """

    rois: Mapping[str, NDArray[np.int64]]
    dropped: Mapping[str, int]


def usable_voxels(
    where: str,
    values: NDArray[np.floating],
    rois: Mapping[str, NDArray[np.int64]],
    most: float,
) -> UsableVoxels:
    """Leave out voxels that are not finite or never vary, as scanners' edges often are.

    Parameters
    ----------
    where : str
        File and subject, for the messages.
    values : ndarray, shape (n_shown, n_voxels)
    rois : mapping of str to ndarray of int
        Region of interest -> 0-based columns within ``values``.
    most : float
        Largest share of a region's voxels that may be left out; a region never loses all.

    Raises
    ------
    DataError
        All regions that would lose more, at once.
    """
    columns = np.unique(np.concatenate([*rois.values(), np.array([], dtype=np.int64)]))
    good = np.zeros(values.shape[1], dtype=bool)
    good[columns] = np.logical_and(*_finite_and_varying(values, columns))
    kept = {roi: members[good[members]] for roi, members in rois.items()}
    lost = {roi: len(members) - len(kept[roi]) for roi, members in rois.items()}
    refuse(
        (
            Problem(
                f"{where}, ROI {roi}",
                f"at most {most:.0%} of its voxels NaN, infinite or constant, and never all",
                f"{count} of {len(rois[roi])}",
                "Check the mask and the file: this much is no scanner's edge. The setting "
                "max_unusable moves the limit.",
            )
            for roi, count in lost.items()
            if count > most * len(rois[roi]) or 0 < count == len(rois[roi])
        ),
        DataError,
    )
    return UsableVoxels(kept, {roi: count for roi, count in lost.items() if count})


def left_out_said(subjects: Mapping[str, Responses]) -> str:
    """Say how many voxels of which regions were left out, for the source of a dataset."""
    counts = [
        f"{subject} {roi} {count}"
        for subject, responses in subjects.items()
        for roi, count in responses.left_out.items()
    ]
    more = f" and {len(counts) - _MOST_SAID} more ROIs" if len(counts) > _MOST_SAID else ""
    return f"unusable voxels left out: {', '.join(counts[:_MOST_SAID]) or 'none'}{more}"


def with_columns(array: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Move ascending columns together, in place: a copy would double the memory.

    Parameters
    ----------
    array : ndarray of float32, shape (..., n_columns)
        In C order, the caller's own; not to be used afterwards.
    columns : ndarray of int64, shape (n_kept,)

    Returns
    -------
    ndarray of float32, shape (..., n_kept)
    """
    if len(columns) == array.shape[-1]:
        return array
    flat, width = array.reshape(-1), len(columns)
    for row, response in enumerate(array.reshape(-1, array.shape[-1])):
        flat[row * width : (row + 1) * width] = response[columns]
    return flat[: math.prod(array.shape[:-1]) * width].reshape(*array.shape[:-1], width)


def given_directory(name: str, directory: Path | None, remedy: str) -> Path:
    """Make sure that a brain dataset was pointed to a folder.

    Raises
    ------
    DataError
        When no directory was given, or there is none of that name.
    """
    if directory is None:
        raise DataError(Problem(f"{name}: directory", "a folder", "none given", remedy))
    if not directory.is_dir():
        raise DataError(Problem(str(directory), "a folder", "no such folder", remedy))
    return directory
