"""Limits of size: what a file declares of its arrays is checked before anything is read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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


def damaged(path: Path, expected: str, finding: Exception | str) -> DataError:
    """Say that a file is not what its name promises."""
    text = finding if isinstance(finding, str) else f"{type(finding).__name__}: {finding}"
    return DataError(Problem(str(path), expected, text, _REMEDY))


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
