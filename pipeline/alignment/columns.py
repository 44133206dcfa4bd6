"""Columns of features and responses: read block by block, and checked before all work."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import AlignmentError, Problem, refuse

# Bytes of one block of columns in float64: large enough for BLAS, small enough to stay in cache.
BLOCK_BYTES = 4 * 2**20
# Bytes that are read at once: of a row of voxels that lies on disk, kilobytes come together.
READ_BYTES = 16 * 2**20
# Bytes of a row that are read at once at the least. Of 10,000 rows of 300,000 voxels a quarter of
# it took four times the page faults.
ROW_BYTES = 6400
# Above it squares overflow, and with them every variance.
LARGEST = 1e150


@dataclass(frozen=True)
class VoxelColumns:
    """Some columns of an array that may be mapped into memory from disk.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_voxels)
        All voxels of a subject, for instance a ``numpy.memmap`` of float32.
    columns : ndarray of int, shape (n_columns,)
        Those of one region of interest.
    """

    values: NDArray[np.floating]
    columns: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the region: (n_stimuli, n_columns)."""
        return (len(self.values), len(self.columns))


Columns = NDArray[np.floating] | VoxelColumns


def columns_between(array: Columns, start: int, stop: int) -> NDArray[np.floating]:
    """Read a block of columns.

    Parameters
    ----------
    array : ndarray of float or VoxelColumns, shape (n_stimuli, n_columns)
    start, stop : int
        First column of the block, and the one after its last.

    Returns
    -------
    ndarray of float, shape (n_stimuli, at most stop - start)
    """
    if isinstance(array, VoxelColumns):
        return array.values[:, array.columns[start:stop]]
    return array[:, start:stop]


def column_blocks(array: Columns, n_rows: int = 0) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Read columns block by block, each of about ``BLOCK_BYTES``; of a mapped file none is kept.

    Parameters
    ----------
    array : ndarray of float or VoxelColumns, shape (n_stimuli, n_columns)
    n_rows : int
        Rows that are computed of each block; 0: as many as there are stimuli.

    Yields
    ------
    (slice, ndarray of float, shape (n_stimuli, n_columns of the block))
        Which columns these are, and their values.
    """
    n_stimuli, n_columns = array.shape
    width = max(1, BLOCK_BYTES // (8 * (n_rows or n_stimuli)))
    row_bytes = max(ROW_BYTES, READ_BYTES // n_stimuli)
    at_once = max(1, row_bytes // (4 * width)) * width
    for first in range(0, n_columns, at_once):
        read = np.asarray(columns_between(array, first, first + at_once))
        for start in range(0, read.shape[1], width):
            columns = slice(first + start, first + start + width)
            yield columns, read[:, start : start + width]
        forget_pages(array)


def forget_pages(array: Columns) -> None:
    """Let go of what was read of a mapped file: where it is asked for, it is read again.

    Parameters
    ----------
    array : ndarray of float or VoxelColumns
        Nothing happens where it lies in memory.
    """
    below: object = array.values if isinstance(array, VoxelColumns) else array
    while isinstance(below, np.ndarray):
        below = below.base
    if isinstance(below, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
        below.madvise(mmap.MADV_DONTNEED)


def check_inputs(arrays: Mapping[str, Mapping[str, Columns]], groups: ArrayLike) -> None:
    """Refuse arrays that do not match the stimuli, or cannot be z-scored.

    Parameters
    ----------
    arrays : mapping of str to mapping of str to ndarray, shape (n_stimuli, n_columns)
        By what they are ("features of layer", "responses of ROI") and by name.
    groups : array_like, shape (n_stimuli,)
        They say how many stimuli there are.

    Raises
    ------
    AlignmentError
        All problems at once.
    """
    refuse(_problems(arrays, groups), AlignmentError)


def _problems(arrays: Mapping[str, Mapping[str, Columns]], groups: ArrayLike) -> Iterator[Problem]:
    shape = np.shape(groups)
    if len(shape) != 1:
        expected = "one label for each stimulus"
        yield Problem("groups", expected, f"shape {shape}", "Give a 1-d array.")
        return
    for what, named in arrays.items():
        if not named:
            yield Problem(what.split()[0], "at least one array", "none", "Check the input.")
        for name, array in named.items():
            yield from _array_problems(f"{what} {name}", array, shape[0])


def _array_problems(where: str, array: Columns, n_stimuli: int) -> Iterator[Problem]:
    shape = array.shape
    if len(shape) != 2 or shape[0] != n_stimuli or shape[1] == 0:
        yield Problem(
            where,
            f"one row for each of {n_stimuli} stimuli and at least one column",
            f"an array of shape {shape}",
            "Match features, responses and groups by stimulus and drop what has no partner.",
        )
        return
    unusable, first, varies = _survey(array)
    if unusable:
        yield Problem(
            where,
            f"finite numbers, below {LARGEST:g}",
            f"{unusable} NaN, infinite or larger values, the first in row {first[0]}, "
            f"column {first[1]}",
            "Leave these columns or stimuli out.",
        )
    elif not varies:
        yield Problem(
            where,
            "columns that vary over stimuli",
            "only constant columns",
            "Leave this array out: nothing can be learned from it.",
        )


def _survey(array: Columns) -> tuple[int, tuple[int, int], bool]:
    """Count values that cannot be used, find the first, and say whether any column varies."""
    count, first, varies = 0, (0, 0), False
    for columns, block in column_blocks(array):
        usable: NDArray[np.bool_] = np.isfinite(block)
        if block.dtype.itemsize > 4:  # float32 cannot hold more
            usable &= np.abs(block) < LARGEST
        if not usable.all():
            if not count:
                row, column = np.argwhere(~usable)[0]
                first = int(row), columns.start + int(column)
            count += usable.size - int(np.count_nonzero(usable))
        varies = varies or bool((block != block[0]).any())
    return count, first, varies
