"""A region's columns of a larger array, read block by block and never copied as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
