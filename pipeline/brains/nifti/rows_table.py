"""The table rows.csv: the rows of stimuli.csv that a subject's volumes answer."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem

ROWS = "rows.csv"
_MOST_BYTES = 10_000_000
_REMEDY = "Write the heading row, then one number a line, counted from 0: a line for each volume."


def read_rows(path: Path, n_rows: int) -> NDArray[np.int64] | None:
    """Read the 0-based rows of stimuli.csv that the volumes of a subject answer.

    Parameters
    ----------
    path : Path
        ``rows.csv`` of the subject; it need not be there.
    n_rows : int
        Rows of stimuli.csv, the header not counted.

    Returns
    -------
    ndarray of int64, shape (n_volumes,)
        None where the subject has no such file: all rows, in order.

    Raises
    ------
    DataError
        If the file is no such list, or a row is there twice or not in the table.
    """
    if not path.exists():
        return None
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        finding = "a folder" if path.is_dir() else f"{path.stat().st_size} bytes"
        raise DataError(
            Problem(str(path), f"a file of at most {_MOST_BYTES} bytes", finding, _REMEDY)
        )
    text = path.read_bytes().decode("utf-8-sig", "replace").rstrip()
    lines = [line.strip().rstrip(",").strip() for line in text.splitlines()]
    if not lines or lines[0] != "row":
        finding = repr(lines[0][:40]) if lines else "an empty file"
        raise DataError(Problem(str(path), "the heading row", finding, _REMEDY))
    for number, line in enumerate(lines[1:], start=2):
        if not re.fullmatch("[0-9]{1,9}", line) or int(line) >= n_rows:
            expected = f"a whole number from 0 to {n_rows - 1}"
            raise DataError(Problem(f"{path}, line {number}", expected, repr(line[:40]), _REMEDY))
    rows = np.array([int(line) for line in lines[1:]], dtype=np.int64)
    if len(rows) == 0 or len(np.unique(rows)) < len(rows):
        finding = f"{len(rows)} rows, {len(np.unique(rows))} of them different"
        raise DataError(Problem(str(path), "different rows, at least one", finding, _REMEDY))
    return rows
