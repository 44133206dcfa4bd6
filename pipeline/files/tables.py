"""Comma-separated tables as spreadsheets and scripts write them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from pipeline.errors import Problem


@dataclass(frozen=True)
class CsvTable:
    """A header and the rows below it.

    Parameters
    ----------
    header : list of str
        Names of the columns, without those at the end that hold nothing.
    rows : list of list of str
        Cells as they stand; a row may have more or fewer of them than the header.
    lines : list of int
        Line of the file at which each row ends, counted from 1.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def parse_table(text: str) -> CsvTable:
    """Take a table apart.

    Spreadsheets save what was once filled in: columns at the end without a name and without any
    value, and rows at the end without any value, are left out. Empty lines are passed over.

    Raises
    ------
    csv.Error
        If the text is no comma-separated table.
    """
    # the module's own limit, 131,072 characters, is less than some articles and programs have
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines = [], []
    try:
        for fields in reader:
            if fields:
                rows.append(fields)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num}: {error}") from error
    if not rows:
        return CsvTable([], [], [])
    while len(rows) > 1 and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
        lines.pop()
    header = _without_empty_end(rows[0], 0)
    return CsvTable(header, [_without_empty_end(row, len(header)) for row in rows[1:]], lines[1:])


def _without_empty_end(cells: list[str], least: int) -> list[str]:
    """Leave out empty cells at the end, down to a number of cells."""
    end = len(cells)
    while end > least and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def separator_problem(where: str, header: list[str]) -> Problem | None:
    """Find a table whose cells are separated by something else than commas."""
    if len(header) == 1:
        for mark, name in ((";", "semicolons"), ("\t", "tabs")):
            if mark in header[0]:
                remedy = "Save it with commas, as 'CSV UTF-8' in a spreadsheet."
                return Problem(where, "cells separated by commas", name, remedy)
    return None
