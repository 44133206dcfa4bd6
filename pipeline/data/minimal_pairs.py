"""Minimal pairs: two sentences that differ in one thing, one of them of the language.

In the form of BLiMP (Warstadt et al. 2020): a folder of ``.jsonl`` files, one a phenomenon, each
line an object with ``sentence_good`` and ``sentence_bad``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.reading.tables import read_json_lines
from pipeline.data.rows import Record
from pipeline.errors import DataError, Problem

GOOD, BAD = "sentence_good", "sentence_bad"


@dataclass(frozen=True)
class Phenomenon:
    """The minimal pairs of one phenomenon.

    Parameters
    ----------
    name : str
    good, bad : tuple of str
        The two sentences of each pair.
    """

    name: str
    good: tuple[str, ...]
    bad: tuple[str, ...]


def read_minimal_pairs(folder: Path) -> list[Phenomenon]:
    """Read the minimal pairs of a folder, phenomena in the order of their names.

    Raises
    ------
    DataError
        No such folder, no pairs in it, or a line that is none.
    """
    paths = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not paths:
        finding = "no file that ends in .jsonl" if folder.is_dir() else "no such folder"
        expected = f"a folder of .jsonl files whose lines have {GOOD} and {BAD}"
        raise DataError(Problem(str(folder), expected, finding, "Correct minimal_pairs."))
    return [_phenomenon(path) for path in paths]


def _phenomenon(path: Path) -> Phenomenon:
    rows = read_json_lines(path)
    if not len(rows):
        raise DataError(Problem(str(path), "at least one pair", "none", "Remove the file."))
    pairs = [_pair(rows[index]) for index in range(len(rows))]
    return Phenomenon(path.stem, tuple(good for good, _ in pairs), tuple(bad for _, bad in pairs))


def _pair(record: Record) -> tuple[str, str]:
    good, bad = record.text(GOOD), record.text(BAD)
    if not good or not bad or good == bad:
        raise record.unfit(BAD, f"another sentence than {GOOD}", repr(bad)[:60])
    return good, bad


def digest_of_pairs(phenomena: Sequence[Phenomenon]) -> str:
    """Sum up pairs and names."""
    return hashlib.sha256(repr(list(phenomena)).encode()).hexdigest()
