"""Numpy arrays out of a pickle, without running code from it (see `pipeline.files.pickles`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem
from pipeline.files.pickles import (
    DTYPE,
    BoundedFile,
    Note,
    UnfitError,
    array_parts,
    described,
    follow,
    unfit,
)

_MAX_FILE = 8 << 30
_MAX_STEPS = 10_000  # a handful of arrays
_NUMBERS = re.compile("[fiu][1248]")
_REMEDY = (
    "Nothing in the file was run. Save each subject with numpy.save as one dictionary of plain "
    "numeric arrays, and take files only from people you trust."
)


@dataclass(frozen=True)
class PickledArray:
    """The bytes of an array, and how they are to be read.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        Plain numbers.
    order : 'C' or 'F'
    content : bytes
        Exactly as many as shape and dtype need.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str
    content: bytes

    def numbers(self) -> NDArray[Any]:
        """Return the array, without a copy; it cannot be written to."""
        flat = np.frombuffer(self.content, self.dtype)
        return flat.reshape(self.shape, order="F" if self.order == "F" else "C")


def read_pickled_arrays(path: Path) -> dict[str, PickledArray]:
    """Read a dictionary of numeric arrays that ``numpy.save`` pickled.

    Parameters
    ----------
    path : Path
        A .npy file: an object array that holds one dictionary.

    Raises
    ------
    DataError
        If the file names anything but numpy's arrays, dictionaries and text, if an array is of
        another kind than plain numbers or does not fit its bytes, or if the file is damaged.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_FILE:
            raise UnfitError(f"at most {_MAX_FILE:,} bytes", f"{size:,}")
        with path.open("rb") as file:
            _check_header(file)
            outer = follow(BoundedFile(file, size - file.tell()), _MAX_STEPS)
        return _arrays(outer)
    except UnfitError as refused:
        problem = Problem(str(path), refused.expected, refused.found, _REMEDY)
    except OSError as error:
        finding = f"{type(error).__name__}: {error.strerror}"
        problem = Problem(str(path), "a readable file", finding, _REMEDY)
    raise DataError(problem)


def _check_header(file: BinaryIO) -> None:
    expected = "a .npy file with an object array of one dictionary"
    try:
        version = np.lib.format.read_magic(file)
        readers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = readers[version](file)
    except Exception as error:  # numpy raises many kinds for damaged headers
        raise UnfitError(expected, f"{type(error).__name__}: {error}") from error
    if dtype != np.dtype(object) or math.prod(shape) != 1:
        raise UnfitError(expected, f"{dtype} of shape {shape}")


def _arrays(outer: Any) -> dict[str, PickledArray]:
    """Take the dictionary out of the object array around it, and each array out of its note."""
    shape, dtype, _, content = array_parts("the outer array", outer)
    code = _code("the outer array", dtype)
    if code != "O8" or math.prod(shape) != 1 or not isinstance(content, list) or len(content) != 1:
        unfit("an object array of one dictionary", f"{code} of shape {shape}")
    if not isinstance(content[0], dict):
        unfit("a dictionary", type(content[0]).__name__)
    return {key: _array(key, value) for key, value in content[0].items()}


def _array(key: str, noted: Any) -> PickledArray:
    shape, noted_dtype, in_columns, content = array_parts(f"key {key!r}", noted)
    code = _code(f"key {key!r}", noted_dtype)
    if not _NUMBERS.fullmatch(code[-2:]) or len(code) not in {2, 3}:
        unfit(f"key {key!r}: plain numbers", f"dtype {code!r}")
    try:
        dtype = np.dtype(code)
    except TypeError:
        unfit(f"key {key!r}: plain numbers", f"dtype {code!r}")
    if not isinstance(content, bytes) or len(content) != math.prod(shape) * dtype.itemsize:
        contents = (
            f"{len(content):,} bytes" if isinstance(content, bytes) else type(content).__name__
        )
        unfit(
            f"key {key!r}: {math.prod(shape) * dtype.itemsize:,} bytes for shape {shape}", contents
        )
    return PickledArray(shape, dtype, "F" if in_columns is True else "C", content)


def _code(where: str, noted: Any) -> str:
    """Return the code of a dtype with its byte order, such as '<f8'."""
    if not isinstance(noted, Note) or noted.name != DTYPE or not noted.arguments:
        unfit(f"{where}: a dtype", described(noted))
    code, state = noted.arguments[0], noted.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else ""
    if not isinstance(code, str) or order not in ("", "<", ">", "|", "="):
        unfit(f"{where}: a dtype", described(code))
    if isinstance(state, tuple) and any(part is not None for part in state[2:5]):
        unfit(f"{where}: plain numbers", f"a dtype with fields, {code!r}")
    return code if order in ("|", "=") else f"{order}{code}"
