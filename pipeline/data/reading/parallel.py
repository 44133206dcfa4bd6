"""Parallel texts: one file a language, one sentence a line, line by line translations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.data.reading.folder import checked_directory, split_name
from pipeline.data.reading.raw import read_lines
from pipeline.data.rows import Rows, Splits
from pipeline.errors import DataError, Problem


def parallel_splits(directory: Path, source: str, target: str) -> Splits:
    """Find pairs of files such as ``train.de.gz`` and ``train.en.gz``.

    Parameters
    ----------
    directory : Path
    source, target : str
        The endings of the names, without ``.gz``.

    Returns
    -------
    Splits
        Rows with the columns ``source`` and ``target``. A pair of files is known by what their
        names share, and where only one pair is of a split, by that split.

    Raises
    ------
    DataError
        If there is no such pair.
    """
    by_language = {language: _files(directory, language) for language in (source, target)}
    shared = [stem for stem in by_language[source] if stem in by_language[target]]
    if not shared:
        present = ", ".join(sorted(p.name for p in checked_directory(directory).iterdir())[:5])
        raise DataError(
            Problem(
                str(directory),
                f"files that end in .{source} and .{target} (or .gz behind it) and share the rest",
                present or "an empty folder",
                "Point data_dir to their folder, and languages to their endings, such as en-de.",
            )
        )
    rows = {s: _reader(by_language[source][s], by_language[target][s]) for s in shared}
    by_split: dict[str, list[str]] = {}
    for stem in shared:
        by_split.setdefault(split_name(Path(stem)), []).append(stem)
    by_split.pop("", None)
    named = {split: rows[stems[0]] for split, stems in by_split.items() if len(stems) == 1}
    return Splits(str(directory), named if len(named) == len(rows) == 1 else {**rows, **named})


def _files(directory: Path, language: str) -> dict[str, Path]:
    files = {}
    for path in sorted(checked_directory(directory).iterdir()):
        name = path.name.removesuffix(".gz")
        if path.is_file() and name.endswith(f".{language}"):
            files[name.removesuffix(f".{language}")] = path
    return files


def _reader(source: Path, target: Path) -> Callable[[], Rows]:
    def read() -> Rows:
        sources, targets = read_lines(source), read_lines(target)
        if len(sources) != len(targets):
            raise DataError(
                Problem(
                    f"{target}: number of lines",
                    f"{len(sources)}, as in {source.name}",
                    str(len(targets)),
                    "Both files must come from the same download, line by line.",
                )
            )
        return Rows(
            len(sources),
            lambda index: {"source": sources[index], "target": targets[index]},
            lambda index: f"{source}, line {index + 1}",
        )

    return read
