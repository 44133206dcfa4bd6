"""The stimulus table of the arrays format: which row of the responses answers what."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.dataset import Stimuli
from pipeline.brains.formats.limits import damaged
from pipeline.errors import DataError, Problem, nearest, refuse
from pipeline.files.picture_files import read_picture
from pipeline.files.spelling import composed, existing_spelling
from pipeline.files.tables import CsvTable, parse_table, separator_problem

TABLE = "stimuli.csv"
_MOST_BYTES = 1 << 28
_MOST_TOLD = 10


@dataclass(frozen=True)
class StimulusTable:
    """The rows of stimuli.csv, with presentations of the same stimulus brought together.

    Parameters
    ----------
    stimuli : Stimuli
        In the order of first appearance.
    row_stimulus : ndarray of int64, shape (n_rows,)
        Stimulus that each row of the table presents.
    """

    stimuli: Stimuli
    row_stimulus: NDArray[np.int64]


def read_stimuli(folder: Path) -> StimulusTable:
    """Read stimuli.csv and the pictures that it names.

    Raises
    ------
    DataError
        A table that is missing, not UTF-8 or not whole; a column that is missing or there twice;
        an empty cell; presentations of one stimulus that differ; two stimuli that do not; a
        picture that is missing, damaged, outside the folder or of another size.
    """
    path = folder / TABLE
    rows = _rows(path)
    kind = "text" if "text" in rows[0] else "image"
    refuse(_row_problems(path, rows, kind), DataError, _MOST_TOLD)
    firsts: dict[str, int] = {}
    for number, row in enumerate(rows):
        firsts.setdefault(_identity(row, number), number)
    first_rows = [rows[number] for number in firsts.values()]
    places = {identity: place for place, identity in enumerate(firsts)}
    items = tuple(row[kind] for row in first_rows)
    stimuli = Stimuli(
        items if kind == "text" else _pictures(folder, items),
        np.array([row["group"] for row in first_rows]),
    )
    refuse(_same_problems(path, stimuli, list(firsts.values())), DataError, _MOST_TOLD)
    order = [places[_identity(row, number)] for number, row in enumerate(rows)]
    return StimulusTable(stimuli, np.array(order, dtype=np.int64))


def _identity(row: dict[str, str], number: int) -> str:
    repeat = row.get("repeat", "")
    return f"repeat {repeat}" if repeat else f"row {number}"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise damaged(path, f"at most {_MOST_BYTES} bytes", f"{path.stat().st_size} bytes")
        table = parse_table(composed(path.read_bytes().decode("utf-8-sig")))
    except OSError as error:
        raise damaged(path, "this file", error) from error
    except UnicodeDecodeError as error:
        raise damaged(path, "text in UTF-8", f"byte {error.start} is not") from error
    except csv.Error as error:
        raise damaged(path, "a table of comma-separated values", error) from error
    refuse(_header_problems(path, table.header), DataError)
    if not table.rows:
        raise damaged(path, "at least one stimulus", "a header only")
    refuse(_width_problems(path, table), DataError, _MOST_TOLD)
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def _width_problems(path: Path, table: CsvTable) -> Iterator[Problem]:
    n_columns = len(table.header)
    for number, row in enumerate(table.rows, start=1):
        if len(row) != n_columns:
            yield Problem(
                f"{path}: row {number}, which ends at line {table.lines[number - 1]}",
                f"{n_columns} cells, as many as columns ({', '.join(table.header)})",
                f"{len(row)} cells",
                "Put texts with commas in them between quotation marks; name every column.",
            )


def _header_problems(path: Path, header: list[str]) -> Iterator[Problem]:
    where, contents = f"{path}: header", ", ".join(header) or "no columns"
    separated = separator_problem(where, header)
    if separated is not None:
        yield separated
        return
    known = ("text", "image", "group", "repeat")
    for name in dict.fromkeys(name for name in header if header.count(name) > 1):
        yield Problem(where, "every column once", f"'{name}' twice", "Rename one of them.")
    if ("text" in header) == ("image" in header):
        yield Problem(
            where, "a column 'text' or a column 'image'", contents, nearest("text", known)
        )
    if "group" not in header:
        yield Problem(where, "a column 'group'", contents, "Give every stimulus its group.")


def _row_problems(path: Path, rows: list[dict[str, str]], kind: str) -> Iterator[Problem]:
    firsts: dict[str, int] = {}
    for number, row in enumerate(rows):
        first = rows[firsts.setdefault(_identity(row, number), number)]
        for column in (kind, "group"):
            where = f"{path}: {column}, row {number + 1}"
            if not row[column].strip():
                yield Problem(where, "a value", "an empty cell", f"Fill in the {column}.")
            elif row[column] != first[column]:
                expected = f"'{first[column]}' as in the first row of repeat '{row['repeat']}'"
                remedy = "Rows with the same repeat id present the same stimulus."
                yield Problem(where, expected, f"'{row[column]}'", remedy)


def _same_problems(path: Path, stimuli: Stimuli, rows: list[int]) -> Iterator[Problem]:
    firsts: dict[bytes, int] = {}
    for place, row in enumerate(rows):
        item = stimuli.items[place]
        content = item.encode() if isinstance(item, str) else item.tobytes()
        same = rows[firsts.setdefault(hashlib.sha256(content).digest(), place)]
        if same != row:
            yield Problem(
                f"{path}: row {row + 1}",
                "another stimulus than in any row before, or a repeat id",
                f"that of row {same + 1}",
                "Give presentations of one stimulus the same id in the column 'repeat'.",
            )


def _pictures(folder: Path, names: tuple[str, ...]) -> NDArray[np.uint8]:
    first = _picture(folder, names[0])
    pictures = np.empty((len(names), *first.shape), dtype=np.uint8)
    for place, name in enumerate(names):
        picture = _picture(folder, name)
        if picture.shape != first.shape:
            expected = "height x width of {} x {}, as the first picture".format(*first.shape)
            raise damaged(folder / name, expected, "{} x {}".format(*picture.shape))
        pictures[place] = picture
    return pictures


def _picture(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one picture, shape (height, width, 3)."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise DataError(
            Problem(
                str(folder / TABLE),
                "image paths inside the folder",
                f"'{name}'",
                "Copy the pictures into the folder, and write their paths from there.",
            )
        )
    path = existing_spelling(folder / name)
    if not path.is_file():
        remedy = f"Copy it there, or correct its name in {TABLE}."
        raise DataError(Problem(str(path), "this picture", "no such file", remedy))
    return read_picture(path, str(path))
