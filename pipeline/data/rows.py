"""Rows of real corpora, whatever file they came from: columns by name, read when asked for.

Every format is read into rows that have the columns of the same corpus on the Hugging Face hub, so
that a task says once how a row becomes an example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, Problem

Row = Mapping[str, Any]
ASK_ANEW = "Fetch the file again, or mend it."


@dataclass(frozen=True)
class Record:
    """One row, and where it stands.

    Parameters
    ----------
    values : mapping
        Column name to value.
    place : str
        File and line, for refusals.
    """

    values: Row
    place: str

    def value(self, column: str) -> Any:
        """Return what stands in a column.

        Raises
        ------
        DataError
            If there is no such column.
        """
        if column not in self.values:
            columns = ", ".join(map(repr, self.values)) or "none"
            raise DataError(Problem(f"{self.place}: columns", f"'{column}'", columns, ASK_ANEW))
        return self.values[column]

    def text(self, column: str) -> str:
        """Return the text in a column, without space around it.

        Raises
        ------
        DataError
            If there is no such column or something else than text in it.
        """
        value = self.value(column)
        if not isinstance(value, str):
            raise self.unfit(column, "text", _shortened(value))
        return value.strip()

    def texts(self, column: str) -> tuple[str, ...]:
        """Return the list of texts in a column.

        Raises
        ------
        DataError
            If there is no such column or something else than a list of texts in it.
        """
        value = self.value(column)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise self.unfit(column, "a list of texts", _shortened(value))
        return tuple(value)

    def label(self, column: str, classes: Sequence[str]) -> int:
        """Return the position of the class in a column, given by name or by position.

        Raises
        ------
        DataError
            If it is none of the classes.
        """
        position = position_of(self.value(column), classes)
        if position is None:
            raise self.unfit(
                column, f"one of {', '.join(classes)}", _shortened(self.values[column])
            )
        return position

    def unfit(self, column: str, expected: str, content: str) -> DataError:
        """Make the refusal of what stands in a column."""
        return DataError(
            Problem(
                f"{self.place}, {column}",
                expected,
                content,
                f"{ASK_ANEW} Where a split has no labels, name another with splits=.",
            )
        )


def position_of(value: Any, classes: Sequence[str]) -> int | None:
    """Return the position of a class given by its name or its position, or None.

    Case and the kind of dash between words do not matter.
    """
    if isinstance(value, bool):
        return int(value) if len(classes) == 2 else None
    if isinstance(value, str):
        names = [_plain(name) for name in classes]
        if _plain(value) in names:
            return names.index(_plain(value))
        if not re.fullmatch("[0-9]{1,9}", value.strip()):
            return None
        value = int(value)
    if isinstance(value, int) and 0 <= value < len(classes):
        return int(value)
    return None


@dataclass(frozen=True)
class Rows:
    """The rows of one split.

    Parameters
    ----------
    count : int
    read : callable
        ``read(index)`` returns the columns of one row; raises DataError where it is damaged.
    place : callable
        ``place(index)`` says where that row stands.
    """

    count: int
    read: Callable[[int], Row]
    place: Callable[[int], str]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Record:
        return Record(self.read(index), self.place(index))


@dataclass(frozen=True)
class Splits:
    """The splits of a corpus, each read when asked for.

    Parameters
    ----------
    source : str
        Where they came from.
    rows : mapping of str to callable
        Name of a split to what reads it.
    classes : tuple of str
        Names of the classes, where only the corpus itself says what they are.
    """

    source: str
    rows: Mapping[str, Callable[[], Rows]]
    classes: tuple[str, ...] = ()


def listed_rows(rows: Sequence[Row], path: Path, unit: str = "row") -> Rows:
    """Wrap rows that are in memory already, counted from 1."""
    return Rows(len(rows), lambda index: rows[index], lambda index: f"{path}, {unit} {index + 1}")


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Put the rows of several files of one split one behind another."""
    where = [(part, index) for part in parts for index in range(len(part))]
    return Rows(
        len(where),
        lambda index: where[index][0].read(where[index][1]),
        lambda index: where[index][0].place(where[index][1]),
    )


def unreadable(path: Path | str, error: Exception, expected: str = "a whole file") -> DataError:
    """Make the refusal of a file that a library could not read."""
    reason = " ".join(str(error).split())[:200]
    return DataError(Problem(str(path), expected, f"{type(error).__name__}: {reason}", ASK_ANEW))


def _plain(name: str) -> str:
    return re.sub(r"[\s_/-]+", " ", name).strip().lower()


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
