"""What a file says about its arrays, and how much it may unfold to, before anything is read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem, refuse

_FREE_BYTES = 1 << 26
_MOST_UNFOLDING = 100
_REMEDY = "Write the file again from the original data."


@dataclass(frozen=True)
class Declared:
    """What a file says about one of its arrays.

    Parameters
    ----------
    shape : tuple of int
    kind : str
        As ``numpy.dtype.kind``: b, i, u or f for numbers; anything else is refused.
    itemsize : int
        Bytes of one number.
    """

    shape: tuple[int, ...]
    kind: str
    itemsize: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers, as this machine orders their bytes."""
        return np.dtype(f"{self.kind}{self.itemsize}")

    @property
    def n_bytes(self) -> int:
        """Bytes of the whole array in memory."""
        return math.prod(self.shape) * self.itemsize


def damaged(path: Path, expected: str, found: Exception | str) -> DataError:
    """Say that a file is not what its name promises."""
    told = found if isinstance(found, str) else f"{type(found).__name__}: {found}"
    return DataError(Problem(str(path), expected, told, _REMEDY))


def allowed_bytes(path: Path) -> int:
    """Count the bytes that a file may unfold to: 64 MiB and 100 times its own size."""
    return _FREE_BYTES + _MOST_UNFOLDING * path.stat().st_size


def check_declared(path: Path, declared: Mapping[str, Declared]) -> None:
    """Refuse what is no array of numbers, and what would not fit.

    Raises
    ------
    DataError
        All problems of the file at once.
    """
    refuse(_problems(path, declared), DataError)


def _problems(path: Path, declared: Mapping[str, Declared]) -> Iterator[Problem]:
    total = 0
    for name, array in declared.items():
        if array.kind not in {"b", "i", "u", "f"} or min(array.shape, default=0) < 0:
            yield Problem(
                f"{path}: {name}",
                "an array of numbers",
                f"kind {array.kind} of shape {array.shape}",
                "Save plain numbers: pickled objects, text and structures are never opened.",
            )
        else:
            total += array.n_bytes
    if total > allowed_bytes(path):
        yield Problem(
            str(path),
            f"at most {allowed_bytes(path)} bytes of arrays in a file of {path.stat().st_size}",
            f"{total} bytes",
            "Write the file again without voxels that hold no data.",
        )


def npy_header(stream: IO[bytes]) -> tuple[Declared, int]:
    """Read what an .npy stream declares, and how many bytes it must have in all.

    Raises
    ------
    ValueError
        If the stream does not begin with the header of an .npy file of numbers.
    """
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"version {version} of the .npy format does not hold plain numbers")
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
