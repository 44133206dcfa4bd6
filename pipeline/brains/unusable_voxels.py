"""Voxels that cannot be used: left out, counted, and named in the source of a dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.errors import DataError, Problem, refuse

BLOCK_VALUES = 1 << 20
_MOST_SAID = 8


def finite_and_varying(
    values: NDArray[np.floating], columns: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of columns whether they are finite throughout, and whether they vary at all.

    A few megabytes are looked at at a time: responses can be as large as memory allows.

    Parameters
    ----------
    values : ndarray, shape (n_stimuli, n_voxels)
    columns : ndarray of int, shape (n_columns,)

    Returns
    -------
    ndarray, ndarray of bool, shape (n_columns,)
    """
    finite = np.zeros(len(columns), dtype=bool)
    varying = np.zeros(len(columns), dtype=bool)
    width = max(1, BLOCK_VALUES // len(values))
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
    good[columns] = np.logical_and(*finite_and_varying(values, columns))
    rois_left = {roi: members[good[members]] for roi, members in rois.items()}
    lost = {roi: len(members) - len(rois_left[roi]) for roi, members in rois.items()}
    refuse(
        (
            Problem(
                f"{where}, ROI {roi}",
                f"at most {most:.0%} of its voxels NaN, infinite or constant, and never all",
                f"{count} of {len(rois[roi])}",
                _remedy(values[:, rois[roi]]),
            )
            for roi, count in lost.items()
            if count > most * len(rois[roi]) or 0 < count == len(rois[roi])
        ),
        DataError,
    )
    return UsableVoxels(rois_left, {roi: count for roi, count in lost.items() if count})


def _remedy(values: NDArray[np.floating]) -> str:
    empty = int((~np.isfinite(values)).all(axis=1).sum())
    if 0 < empty < len(values):
        return (
            f"No voxel of it has a number for {empty} of {len(values)} stimuli: a subject who did "
            "not see a stimulus has no row for it."
        )
    return (
        "Check the mask and the file: this much is no scanner's edge. The setting max_unusable "
        "moves the limit."
    )


def unusable_voxels_text(subjects: Mapping[str, Responses]) -> str:
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
