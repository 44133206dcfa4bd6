"""HDF5 datasets, looked over before anything is read, and then read block by block.

HDF5 follows links to other files, makes up numbers that were never written, and unfolds whatever
a chunk declares; none of that is wanted from a file of responses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_BYTES = 4 << 20


def unfit_for_reading(file: Any, name: str, most_chunk_bytes: int) -> str | None:
    """Say what is wrong with a member of a file, or None where it is a whole dataset of its own.

    Parameters
    ----------
    file : h5py.File
    name : str
        Path of the member.
    most_chunk_bytes : int
        That a chunk may unfold to.
    """
    import h5py  # type: ignore[import-untyped]

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return "a link"
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        return "a group"
    if dataset.external or dataset.is_virtual:
        return "numbers kept in other files"
    if dataset.shape is None:
        return "an empty dataset"
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > most_chunk_bytes:
        return f"chunks of {dataset.chunks}"
    return None if _is_whole(dataset) else "a dataset that is not stored whole"


def _is_whole(dataset: Any) -> bool:
    """Say whether all numbers are there: HDF5 itself reads what is missing as 0."""
    if not dataset.chunks:
        return bool(dataset.id.get_storage_size() == dataset.nbytes)
    pieces = [-(-n // chunk) for n, chunk in zip(dataset.shape, dataset.chunks, strict=True)]
    return bool(dataset.id.get_num_chunks() == math.prod(pieces))


def array_blocks(dataset: Any) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Read a matrix a few megabytes at a time, each chunk of it once.

    Parameters
    ----------
    dataset : h5py.Dataset
        Of two dimensions.

    Yields
    ------
    int, int
        First row and first column of the block.
    ndarray
    """
    n_rows, n_columns = dataset.shape
    wide, high = n_columns, dataset.chunks[0] if dataset.chunks else 1
    itemsize = dataset.dtype.itemsize
    if dataset.chunks and high * n_columns * itemsize > 4 * _BLOCK_BYTES:
        # chunks that reach far down: whole columns of chunks instead of whole rows
        wide = max(1, _BLOCK_BYTES // (high * dataset.chunks[1] * itemsize)) * dataset.chunks[1]
    high *= max(1, _BLOCK_BYTES // max(1, high * wide * itemsize))
    for row in range(0, n_rows, high):
        for column in range(0, n_columns, wide):
            block = dataset[row : row + high, column : column + wide]
            yield row, column, np.asarray(block)
