"""The responses of one file of arrays, block by block: a file may hold many repeats."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.hdf5 import array_blocks
from pipeline.brains.formats.limits import damaged
from pipeline.brains.formats.matlab import MatFile
from pipeline.brains.formats.npy import line_blocks, npy_blocks
from pipeline.errors import DataError

ArrayBlock = tuple[int, int, NDArray[Any]]

RESPONSES = "responses"
# Types of .safetensors that hold plain numbers: kind and bytes of each.
SAFETENSORS = {"BOOL": ("b", 1), "F64": ("f", 8), "F32": ("f", 4), "F16": ("f", 2)} | {
    f"{kind.upper()}{bits}": (kind, bits // 8) for kind in "iu" for bits in (8, 16, 32, 64)
}


def response_blocks(path: Path) -> Iterator[ArrayBlock]:
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


def _from_npz(path: Path) -> Iterator[ArrayBlock]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{RESPONSES}.npy") as member:
        yield from npy_blocks(member)
        if member.read(1):
            raise damaged(path, f"nothing after the numbers of {RESPONSES}", "more bytes")


def _from_h5(path: Path) -> Iterator[ArrayBlock]:
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "r") as file:
        yield from array_blocks(file[RESPONSES])


def _from_mat(path: Path) -> Iterator[ArrayBlock]:
    with MatFile(path) as file:
        for first, block in file.blocks(RESPONSES):
            yield 0, first, block


def _from_safetensors(path: Path) -> Iterator[ArrayBlock]:
    """Read the bytes where the header says they are: the library would map the whole file.

    Source: https://github.com/huggingface/safetensors, Format; all sizes were checked by it.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[RESPONSES]
        n_rows, n_columns = entry["shape"]
        kind, itemsize = SAFETENSORS[entry["dtype"]]
        file.seek(8 + length + entry["data_offsets"][0])
        stored = np.dtype(f"<{kind}{itemsize}")
        for first, lines in line_blocks(file, n_rows, n_columns, stored):
            yield first, 0, lines


STREAMS: dict[str, Callable[[Path], Iterator[ArrayBlock]]] = {
    ".npz": _from_npz,
    ".h5": _from_h5,
    ".mat": _from_mat,
    ".safetensors": _from_safetensors,
}
