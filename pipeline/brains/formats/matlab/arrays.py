"""The arrays of numbers of a MATLAB 5 file, read whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab.stream import MatFile
from pipeline.brains.formats.matlab.tags import REMEDY, read_tag, refuse_field
from pipeline.errors import DataError, Problem, refuse


def numeric_arrays(
    file: MatFile, most: int, names: Iterable[str] | None = None
) -> dict[str, NDArray[Any]]:
    """Read arrays of real numbers as they are stored, logical ones as boolean.

    Parameters
    ----------
    file : MatFile
    most : int
        Bytes that they may unfold to in all; beyond that, nothing is read.
    names : iterable of str, optional
        Variables to read; None: all of the file.

    Returns
    -------
    dict of str to ndarray
        At least two-dimensional, in the order of MATLAB's memory; not writeable.

    Raises
    ------
    DataError
        A variable that is missing, damaged or holds no numbers (text, cells, structs, complex
        numbers), or more bytes than allowed. The checksums of compressed variables are checked.
    """
    selection = list(file.variables if names is None else names)
    check_numeric(file, most, selection)
    return {name: _array(file, name) for name in selection}


def check_numeric(file: MatFile, most: int, names: Iterable[str]) -> None:
    """Refuse variables that hold no numbers, or more bytes than allowed, before any is read.

    Raises
    ------
    DataError
        All problems at once.
    """
    refuse(_problems(file, most, list(names)), DataError)


def _problems(file: MatFile, most: int, names: list[str]) -> Iterator[Problem]:
    variables_in_order = [file.variable(name) for name in names]
    for variable in variables_in_order:
        header = variable.header
        if not header.holds_numbers or not header.name.isascii():
            where = f"{file.path}: {header.name}"
            yield Problem(where, "an array of numbers", header.described, REMEDY)
    total = sum(variable.size for variable in variables_in_order)
    if total > most:
        yield Problem(str(file.path), f"at most {most} bytes unfolded", f"{total}", REMEDY)


def _array(file: MatFile, name: str) -> NDArray[Any]:
    value = file.value(name, file.variable(name).size)
    numbers = value.numbers()
    end = read_tag(value.where, value.order, value.data, value.header.end).end
    if end < len(value.data):
        refuse_field(value.where, "nothing but numbers", f"{len(value.data) - end} bytes more")
    return numbers.astype(np.bool_) if value.header.is_logical else numbers
