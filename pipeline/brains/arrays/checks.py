"""Checks of the arrays of one subject, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.files import FIELDS, ArrayFile, FieldArrays, is_field
from pipeline.brains.formats.limits import Declared
from pipeline.brains.stimulus_table import TABLE
from pipeline.errors import Problem, nearest

_FIELDS = (*FIELDS, "roi/<name>")


def array_problems(file: ArrayFile, n_rows: int) -> Iterator[Problem]:
    """Yield what keeps the arrays of one subject from being used.

    Parameters
    ----------
    file : ArrayFile
    n_rows : int
        Rows of the stimulus table.
    """
    path, arrays = file.path, file.others
    for name in arrays:
        if not is_field(name) or name == "roi/":
            yield Problem(f"{path}: fields", "known fields", f"'{name}'", nearest(name, _FIELDS))
    responses = file.responses or Declared((), "f", 8)
    rows = arrays.get("rows")
    expected = n_rows if rows is None else rows.size
    if len(responses.shape) != 2 or responses.kind == "b" or responses.shape[0] != expected:
        yield Problem(
            f"{path}: responses",
            f"numbers of shape ({expected}, n_voxels), a row for each of {expected} in "
            f"{TABLE if rows is None else 'rows'}",
            f"{responses.dtype} of shape {responses.shape}" if file.responses else "none",
            "Give one row of responses for each presentation.",
        )
        return
    if rows is not None:
        yield from _position_problems(f"{path}: rows", rows, n_rows)
    if not any(name.startswith("roi/") for name in arrays):
        yield Problem(f"{path}: roi/<name>", "at least one", "none", "Name at least one region.")
    yield from _voxel_problems(path, arrays, responses.shape[1])


def _voxel_problems(path: Path, arrays: FieldArrays, n_voxels: int) -> Iterator[Problem]:
    for name, array in arrays.items():
        if not name.startswith("roi/"):
            continue
        if array.dtype.kind != "b":
            yield from _position_problems(f"{path}: {name}", array, n_voxels)
        elif array.shape != (n_voxels,) or not array.any():
            finding = f"shape {array.shape} with {np.count_nonzero(array)} true"
            remedy = "Give the mask one value for each column of responses."
            yield Problem(f"{path}: {name}", f"a mask of shape ({n_voxels},)", finding, remedy)
    places = arrays.get("coordinates", np.zeros((n_voxels, 3)))
    if places.shape != (n_voxels, 3) or not np.isfinite(places).all():
        finding = f"shape {places.shape}, {np.count_nonzero(~np.isfinite(places))} not finite"
        remedy = "Give every voxel its place, or leave the coordinates out."
        yield Problem(f"{path}: coordinates", f"finite, ({n_voxels}, 3)", finding, remedy)


def _position_problems(where: str, array: NDArray[np.generic], n: int) -> Iterator[Problem]:
    """Yield what keeps whole numbers from being different positions from 0 to n - 1."""
    whole = array.ndim == 1 and array.size and array.dtype.kind in "iuf"
    with np.errstate(invalid="ignore"):
        sound = whole and bool(((array >= 0) & (array < n) & (array == np.floor(array))).all())  # type: ignore[operator,call-overload]
    n_different = len(np.unique(array))
    if not sound or n_different < array.size:
        span = f" from {array.min()} to {array.max()}" if whole else ""  # type: ignore[attr-defined]
        yield Problem(
            where,
            f"different positions from 0 to {n - 1}",
            f"{array.dtype} of shape {array.shape}{span}, {n_different} different",
            "Count from 0: subtract 1 from positions saved by MATLAB; masks must be boolean.",
        )
