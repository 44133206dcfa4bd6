"""Arrays in .npy form, their headers checked against their sizes before numbers are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.limits import Declared, damaged

_BLOCK_BYTES = 4 << 20


def npy_header(stream: IO[bytes]) -> tuple[Declared, int]:
    """Read what an .npy stream declares, and how many bytes it must have in all.

    Raises
    ------
    ValueError
        If the stream does not begin with the header of an .npy file of numbers.
    """
    shape, _, dtype = _header(stream)
    declared = Declared(shape, dtype.kind, dtype.itemsize)
    return declared, stream.tell() + declared.n_bytes


def mapped_npy(path: Path, dtype: type[np.generic]) -> NDArray[Any]:
    """Map an .npy file into memory, once its header and its size agree.

    Raises
    ------
    DataError
        If it holds numbers of another type, or not as many bytes as its header says.
    """
    with path.open("rb") as stream:
        declared, size = npy_header(stream)
    expected = np.dtype(dtype)
    if (declared.kind, declared.itemsize) != (expected.kind, expected.itemsize):
        raise damaged(path, f"numbers of type {expected}", f"kind {declared.kind}")
    if size != path.stat().st_size:
        raise damaged(path, f"{size} bytes", f"{path.stat().st_size} bytes")
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def npy_blocks(stream: IO[bytes]) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Read a matrix from an .npy stream a few megabytes at a time, in the order of its bytes.

    Parameters
    ----------
    stream : binary file
        At its beginning; its header must have been checked.

    Yields
    ------
    int, int
        First row and first column of the block.
    ndarray
    """
    shape, in_columns, dtype = _header(stream)
    n_lines, length = shape[::-1] if in_columns else shape
    for first, lines in line_blocks(stream, n_lines, length, dtype):
        yield (0, first, lines.T) if in_columns else (first, 0, lines)


def line_blocks(
    stream: IO[bytes], n_lines: int, length: int, dtype: np.dtype[Any]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Read numbers that stand line by line, a few megabytes at a time.

    Yields
    ------
    int
        First line of the block.
    ndarray, shape (n_lines_of_the_block, length)
    """
    at_once = max(1, _BLOCK_BYTES // max(1, length * dtype.itemsize))
    for first in range(0, n_lines, at_once):
        count = min(at_once, n_lines - first)
        block = np.frombuffer(stream.read(count * length * dtype.itemsize), dtype)
        yield first, block.reshape(count, length)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise ValueError(f"version {version} of the .npy format does not hold plain numbers")
