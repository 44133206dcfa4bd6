"""The responses of one file of arrays, block by block: a file may hold many repeats."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.hdf5 import blocks_of
from pipeline.brains.formats.limits import damaged
from pipeline.brains.formats.matlab import MatFile
from pipeline.errors import DataError

Block = tuple[int, int, NDArray[Any]]

RESPONSES = "responses"
# Types of .safetensors that hold plain numbers: kind and bytes of each.
SAFETENSORS = {"BOOL": ("b", 1), "F64": ("f", 8), "F32": ("f", 4), "F16": ("f", 2)} | {
    f"{kind.upper()}{bits}": (kind, bits // 8) for kind in "iu" for bits in (8, 16, 32, 64)
}
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
        for first, _, lines in _lines(member, n_lines, length, dtype):
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
    """Read the bytes where the header says they are: the library would map the whole file.

    Source: https://github.com/huggingface/safetensors, Format; all sizes were checked by it.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[RESPONSES]
        n_rows, n_columns = entry["shape"]
        kind, itemsize = SAFETENSORS[entry["dtype"]]
        file.seek(8 + length + entry["data_offsets"][0])
        yield from _lines(file, n_rows, n_columns, np.dtype(f"<{kind}{itemsize}"))


def _lines(
    file: IO[bytes], n_lines: int, length: int, dtype: np.dtype[Any]
) -> Iterator[tuple[int, int, NDArray[Any]]]:
    at_once = max(1, _BLOCK_BYTES // max(1, length * dtype.itemsize))
    for first in range(0, n_lines, at_once):
        count = min(at_once, n_lines - first)
        block = np.frombuffer(file.read(count * length * dtype.itemsize), dtype)
        yield first, 0, block.reshape(count, length)


STREAMS: dict[str, Callable[[Path], Iterator[Block]]] = {
    ".npz": _from_npz,
    ".h5": _from_h5,
    ".mat": _from_mat,
    ".safetensors": _from_safetensors,
}
