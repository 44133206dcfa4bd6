"""The four columns of CoNLL-2003: word, part of speech, chunk, entity; a blank line between."""

from __future__ import annotations

from pathlib import Path

from pipeline.data.reading.raw import read_lines
from pipeline.data.rows import ASK_ANEW, Row, Rows
from pipeline.errors import DataError, Problem

_COLUMNS = 4


def read_conll(path: Path) -> Rows:
    """Read sentences, one row each, with the columns ``tokens`` and ``ner_tags``.

    The original files begin an entity with ``B-`` only where it touches another of its type; here
    every entity begins so, as on the hub. ``-DOCSTART-`` lines are left out.

    Raises
    ------
    DataError
        If a line has another number of columns.
    """
    rows: list[Row] = []
    starts: list[int] = []
    words: list[tuple[str, str]] = []
    for number, line in enumerate([*read_lines(path), ""], start=1):
        fields = line.split()
        if fields and fields[0] != "-DOCSTART-":
            if len(fields) != _COLUMNS:
                expected = f"{_COLUMNS} columns: word, part of speech, chunk, entity"
                columns = f"{len(fields)}: {line[:40]!r}"
                raise DataError(Problem(f"{path}, line {number}", expected, columns, ASK_ANEW))
            words.append((fields[0], fields[3]))
        elif words:
            rows.append(
                {"tokens": [w for w, _ in words], "ner_tags": _begun([t for _, t in words])}
            )
            starts.append(number - len(words))
            words = []
    return Rows(len(rows), lambda i: rows[i], lambda i: f"{path}, sentence at line {starts[i]}")


def _begun(tags: list[str]) -> list[str]:
    """Let every entity begin with ``B-``."""
    begun = []
    for before, tag in zip(["O", *tags], tags, strict=False):
        continues = before[1:] == tag[1:] and before[0] in "BI"
        begun.append(f"B-{tag[2:]}" if tag.startswith("I-") and not continues else tag)
    return begun


CONLL_FILES = dict.fromkeys((".txt", ".conll", ".train", ".testa", ".testb"), read_conll)
