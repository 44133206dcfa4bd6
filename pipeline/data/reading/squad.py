"""SQuAD's own nesting of passages and questions, to one row a question as on the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.data.reading.tables import TABLES, read_json
from pipeline.data.rows import ASK_ANEW, Record, Row, Rows, listed_rows
from pipeline.errors import DataError, Problem


def read_squad(path: Path) -> Rows:
    """Read a JSON file of SQuAD 1.1 form, or one of rows as on the hub.

    Returns
    -------
    Rows
        Columns ``question``, ``context`` and ``answers`` (``text`` and ``answer_start``, two lists
        of one length).

    Raises
    ------
    DataError
        If what should be nested is not.
    """
    read = read_json(path)
    records = [read[index] for index in range(len(read))]
    if not any("paragraphs" in record.values for record in records):
        return read
    rows: list[Row] = []
    for record in records:
        for paragraph in _inner(record, "paragraphs"):
            rows += [_question(paragraph, question) for question in _inner(paragraph, "qas")]
    return listed_rows(rows, path, "question")


def _inner(record: Record, name: str) -> list[Record]:
    values = record.value(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        kind = type(values).__name__
        raise DataError(Problem(f"{record.place}, {name}", "a list of objects", kind, ASK_ANEW))
    return [Record(v, f"{record.place}, {name} {n}") for n, v in enumerate(values, start=1)]


def _question(paragraph: Record, question: Record) -> Row:
    answers: list[Record] = [] if question.values.get("is_impossible") else _answers(question)
    return {
        "question": question.value("question"),
        "context": paragraph.value("context"),
        "answers": {
            "text": [answer.value("text") for answer in answers],
            "answer_start": [answer.value("answer_start") for answer in answers],
        },
    }


def _answers(question: Record) -> list[Record]:
    return _inner(question, "answers")


SQUAD_FILES: dict[str, Any] = {**TABLES, ".json": read_squad}
