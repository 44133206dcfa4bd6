"""Tables in files: JSON lines, JSON, CSV, TSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.data.reading.raw import read_lines, read_text
from pipeline.data.rows import ASK_ANEW, Row, Rows, listed_rows, unreadable
from pipeline.errors import DataError, Problem
from pipeline.files.tables import parse_table


def read_json_lines(path: Path) -> Rows:
    """Read one JSON object a line, each parsed when asked for; blank lines count for nothing."""
    return _json_lines(path, read_lines(path))


def _json_lines(path: Path, lines: Sequence[str]) -> Rows:
    numbers = [number for number, line in enumerate(lines) if line.strip()]

    def place(index: int) -> str:
        return f"{path}, line {numbers[index] + 1}"

    def row(index: int) -> Row:
        return _object(_parsed(lines[numbers[index]], place(index)), place(index))

    return Rows(len(numbers), row, place)


def read_json(path: Path) -> Rows:
    """Read a JSON file: a list of objects, one object whose ``data`` is that list, or lines."""
    text = read_text(path)
    first_line = text.lstrip().partition("\n")[0]
    if first_line.startswith("{") and first_line.rstrip().endswith("}") and "\n" in text.strip():
        return _json_lines(path, text.split("\n"))
    value = _parsed(text, str(path))
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise DataError(
            Problem(str(path), "a list of objects", type(value).__name__, f"{ASK_ANEW}")
        )
    rows = listed_rows(value, path, "entry")
    return Rows(len(rows), lambda i: _object(value[i], rows.place(i)), rows.place)


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(place, error, "whole JSON") from error


def _object(value: Any, place: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(Problem(place, "a JSON object", type(value).__name__, ASK_ANEW))
    return value


def read_csv(path: Path) -> Rows:
    """Read comma-separated values with a header; every value stays text."""
    text = read_text(path)
    try:
        table = parse_table(text)
    except csv.Error as error:
        raise unreadable(path, error, "comma-separated values") from error

    def place_of(index: int) -> str:
        return f"{path}, row that ends at line {table.lines[index]}"

    def row(index: int) -> Row:
        return _fields(table.header, table.rows[index], "commas", place_of(index))

    return Rows(len(table.rows), row, place_of)


def _fields(names: Sequence[str], values: Sequence[str], between: str, place: str) -> Row:
    if len(values) != len(names):
        expected = f"{len(names)} fields with {between} between ({', '.join(names)})"[:200]
        raise DataError(Problem(place, expected, str(len(values)), ASK_ANEW))
    return dict(zip(names, values, strict=True))


def tsv_reader(columns: Sequence[str] = (), lenient: bool = False) -> Callable[[Path], Rows]:
    """Make a reader of tab-separated values, in which quotation marks are nothing special.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns of a file without a header; else its first line is one.
    lenient : bool
        Read a line with another number of fields as an empty row and not as damage.
    """

    def read(path: Path) -> Rows:
        lines = read_lines(path)
        names = list(columns) or (lines[0].split("\t") if lines else [])
        first = 0 if columns else 1
        numbers = [n for n, line in enumerate(lines) if n >= first and line.strip()]

        def place(index: int) -> str:
            return f"{path}, line {numbers[index] + 1}"

        def row(index: int) -> Row:
            fields = lines[numbers[index]].split("\t")
            if lenient and len(fields) != len(names):
                return dict.fromkeys(names, "")
            return _fields(names, fields, "tabs", place(index))

        return Rows(len(numbers), row, place)

    return read


def read_parquet(path: Path) -> Rows:
    """Read a Parquet file, each row decoded when asked for."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(path.read_bytes()))
        table.validate(full=True)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise unreadable(path, error, "a whole Parquet file") from error

    def row(index: int) -> Row:
        decoded: Row = table.slice(index, 1).to_pylist()[0]
        return decoded

    return Rows(table.num_rows, row, lambda index: f"{path}, row {index + 1}")


TABLES: dict[str, Callable[[Path], Rows]] = {
    ".jsonl": read_json_lines,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": tsv_reader(),
    ".parquet": read_parquet,
}
"""File ending to what reads such a file: the forms in which any corpus may be given."""
