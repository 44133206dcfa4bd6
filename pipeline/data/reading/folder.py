"""Splits of a corpus in a folder of files, told from the names of the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pipeline.data.choosing import SPLIT_NAMES, spellings
from pipeline.data.rows import Rows, Splits, joined_rows
from pipeline.errors import DataError, Problem
from pipeline.files.folders import is_left_behind
from pipeline.files.order import natural_key

Reader = Callable[[Path], Rows]


def checked_directory(directory: Path) -> Path:
    """Return the directory.

    Raises
    ------
    DataError
        If it is none.
    """
    if not directory.is_dir():
        state = "a file" if directory.exists() else "no such folder"
        raise DataError(Problem(str(directory), "a folder", state, "Pass data_dir=<directory>."))
    return directory


def folder_splits(directory: Path, readers: Mapping[str, Reader]) -> Splits:
    """Find the splits among the files of a folder, and of the folders in it.

    A file belongs to a split if one of the words of its path is that split's name, or another way
    to write it: ``train.tsv``, ``dialogsum.dev.jsonl``, ``valid/part-0.parquet``, ``eng.testa``.
    Files whose names differ in numbers only are shards of one. Each file can also be named whole,
    without its ending.

    Parameters
    ----------
    directory : Path
    readers : mapping of str to callable
        File ending, without ``.gz``, to what reads such a file.

    Raises
    ------
    DataError
        If there is no such folder, or none of these files in it.
    """
    paths = [p for p in _files(checked_directory(directory)) if _ending(p) in readers]
    if not paths:
        expected = f"files that end in {', '.join(sorted(readers))} (or .gz behind it)"
        present = ", ".join(sorted(p.name for p in directory.iterdir())[:5]) or "an empty folder"
        remedy = "Point data_dir to the folder of the files."
        raise DataError(Problem(str(directory), expected, present, remedy))
    named: dict[str, list[Path]] = {}
    whole: dict[str, list[Path]] = {}
    for path in paths:
        whole.setdefault(_stem(path), []).append(path)
        split = split_name(path.relative_to(directory))
        if split:
            named.setdefault(split, []).append(path)
    shards = named if named and len(paths) == 1 else {**whole, **named}
    return Splits(str(directory), {name: _joined(name, p, readers) for name, p in shards.items()})


def split_name(path: Path) -> str:
    """Tell a split from the words of a relative path; empty if they name none."""
    words = re.split(r"[^a-z0-9]+", str(path).lower())
    for part in SPLIT_NAMES:
        if set(words) & set(spellings(part)):
            kind = next((w for w in ("matched", "mismatched") if w in words), "")
            return f"{part}_{kind}" if kind else part
    return ""


def _files(directory: Path) -> Iterable[Path]:
    paths = (p for p in [*directory.glob("*"), *directory.glob("*/*")] if p.is_file())
    visible = (p for p in paths if not is_left_behind(p.relative_to(directory)))
    return sorted(visible, key=lambda path: natural_key(str(path)))


def _ending(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def _stem(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).stem


def _joined(name: str, paths: list[Path], readers: Mapping[str, Reader]) -> Callable[[], Rows]:
    def read() -> Rows:
        if len({re.sub(r"\d+", "0", str(path)) for path in paths}) > 1:
            raise DataError(
                Problem(
                    f"{paths[0].parent}: split '{name}'",
                    "one file, or files whose names differ in numbers only",
                    ", ".join(path.name for path in paths),
                    "Name the files to use, without their endings: "
                    "splits=<train>,<validation>,<test>.",
                )
            )
        parts = [readers[_ending(path)](path) for path in paths]
        return parts[0] if len(parts) == 1 else joined_rows(parts)

    return read
