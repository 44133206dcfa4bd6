"""The responses of one file of arrays, block by block: a file may hold many repeats."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.limits import damaged
from pipeline.brains.hdf5 import blocks_of
from pipeline.brains.matlab import MatFile
from pipeline.errors import DataError

Block = tuple[int, int, NDArray[Any]]

RESPONSES = "responses"
_BLOCK_BYTES = 4 << 20


def response_blocks(path: Path) -> Iterator[Block]:
    """Read the array ``responses`` of a file that has been looked over by ``read_arrays``.

    Parameters
    ----------
    path : Path
        Its suffix is one of STREAMS.

    Yields
    ------
    int, int
        First row and first column of the block.
    ndarray
        Numbers as they are stored. Every number is in one block; checksums, where the format has
        them, are checked with the last one.

    Raises
    ------
    DataError
        A file that is cut short or damaged.
    """
    try:
        yield from STREAMS[path.suffix](path)
    except DataError:
        raise
    except Exception as error:  # every library has a dozen kinds for damaged files
        raise damaged(path, f"a whole {path.suffix} file", error) from error


def _from_npz(path: Path) -> Iterator[Block]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{RESPONSES}.npy") as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0
        if version == (2, 0):
            read = np.lib.format.read_array_header_2_0
        shape, in_columns, dtype = read(member)
        n_lines, length = shape[::-1] if in_columns else shape
        at_once = max(1, _BLOCK_BYTES // max(1, length * dtype.itemsize))
        for first in range(0, n_lines, at_once):
            count = min(at_once, n_lines - first)
            read_bytes = member.read(count * length * dtype.itemsize)
            lines = np.frombuffer(read_bytes, dtype).reshape(count, length)
            yield (0, first, lines.T) if in_columns else (first, 0, lines)
        if member.read(1):
            raise damaged(path, f"nothing after the numbers of {RESPONSES}", "more bytes")


def _from_h5(path: Path) -> Iterator[Block]:
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "r") as file:
        yield from blocks_of(file[RESPONSES])


def _from_mat(path: Path) -> Iterator[Block]:
    with MatFile(path) as file:
        for first, block in file.blocks(RESPONSES):
            yield 0, first, block


def _from_safetensors(path: Path) -> Iterator[Block]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        view = file.get_slice(RESPONSES)
        n_rows, n_columns = view.get_shape()
        at_once = max(1, _BLOCK_BYTES // max(1, 8 * n_columns))
        for first in range(0, n_rows, at_once):
            yield first, 0, view[first : min(first + at_once, n_rows)]


STREAMS: dict[str, Callable[[Path], Iterator[Block]]] = {
    ".npz": _from_npz,
    ".h5": _from_h5,
    ".mat": _from_mat,
    ".safetensors": _from_safetensors,
}
