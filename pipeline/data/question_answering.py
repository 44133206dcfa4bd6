"""Questions about a passage, in the form of SQuAD: answers written, or found in the passage."""

from __future__ import annotations

from pipeline.config import TaskConfig
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.generation import Pair, gather_pairs
from pipeline.data.forms.spans import Span, gather_spans
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.squad import SQUAD_FILES
from pipeline.data.rows import Record
from pipeline.data.task import CORPUS, Task, TaskData

_HUB = HubTable(
    "rajpurkar/squad", "train-v1.1.json and dev-v1.1.json, or other files in the same form"
)


_HUB_2 = HubTable(
    "rajpurkar/squad_v2", "train-v2.0.json and dev-v2.0.json, or other files in the same form"
)


def _span_or_none(record: Record) -> Span | None:
    """Make an example of a row; one without an answer where the question has none."""
    question, passage = record.text("question"), record.value("context")
    if not isinstance(passage, str):
        raise record.unfit("context", "text", type(passage).__name__)
    answers = record.value("answers")
    texts, starts = _lists(record, answers)
    if not question:
        return None
    if not texts:
        return Span(question, passage, (), -1)
    start, first = starts[0], texts[0]
    if not first.strip() or passage[max(start, 0) : start + len(first)] != first:
        stretch = f"{passage[max(start, 0) : start + len(first)]!r} at character {start}"
        raise record.unfit("answers", f"{first!r} where answer_start says", stretch)
    return Span(question, passage, texts, start)


def _span(record: Record) -> Span | None:
    """Make an example of a row, unless the question has no answer."""
    span = _span_or_none(record)
    return span if span and span.answers else None


def _lists(record: Record, answers: object) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Take the two lists apart, believing neither."""
    columns = answers if isinstance(answers, dict) else {}
    texts, starts = columns.get("text"), columns.get("answer_start")
    if (
        not isinstance(texts, list)
        or not isinstance(starts, list)
        or len(texts) != len(starts)
        or not all(isinstance(text, str) for text in texts)
        or not all(type(start) is int for start in starts)
    ):
        expected = "'text' and 'answer_start', two lists of one length"
        raise record.unfit("answers", expected, repr(answers)[:60])
    return tuple(texts), tuple(starts)


def _pair(record: Record) -> Pair | None:
    """Let the question follow its passage, and its first answer be written."""
    span = _span(record)
    if span is None:
        return None
    answers = tuple(dict.fromkeys(answer.strip() for answer in span.answers))
    source = f"{span.passage.strip()} {span.question}"
    return Pair(source, answers[0], answers[1:], span.passage)


_PAIRS = Reading(_pair, gather_pairs, group=lambda pair: pair.passage)
_SPANS = Reading(_span, gather_spans, group=lambda span: span.passage)
_SPANS_OR_NONE = Reading(_span_or_none, gather_spans, group=lambda span: span.passage)


def _load_written(config: TaskConfig) -> TaskData:
    return build(open_corpus(config, _HUB, SQUAD_FILES), _PAIRS, config)


def _load_found(config: TaskConfig) -> TaskData:
    return build(open_corpus(config, _HUB, SQUAD_FILES), _SPANS, config)


def _load_found_or_none(config: TaskConfig) -> TaskData:
    return build(open_corpus(config, _HUB_2, SQUAD_FILES), _SPANS_OR_NONE, config)


QUESTION_ANSWERING_TASKS: tuple[Task, ...] = (
    Task(
        name="squad",
        modality="text",
        summary="a passage and a question -> the answer, written (SQuAD 1.1, or files of its form)",
        load=_load_written,
        form="generation",
        settings=CORPUS,
        scores=("f1", "exact_match", "bertscore_f1", "bertscore_precision", "bertscore_recall"),
        cue=" Answer:",
        keeps="end",  # the question stands there
        max_target_tokens=32,
        hub=lambda _: _HUB,
    ),
    Task(
        name="squad-spans",
        modality="text",
        summary="a question -> where in its passage the answer stands (SQuAD 1.1, or its form)",
        load=_load_found,
        form="spans",
        settings=CORPUS,
        scores=("f1", "exact_match"),
        hub=lambda _: _HUB,
    ),
    Task(
        name="squad2-spans",
        modality="text",
        summary="a question -> where in its passage the answer stands, if it does (SQuAD 2.0)",
        load=_load_found_or_none,
        form="spans-or-none",
        settings=CORPUS,
        scores=("f1", "exact_match", "answerable"),
        hub=lambda _: _HUB_2,
    ),
)
