"""Programs: whether there is a defect, and what a function does (CodeXGLUE)."""

from __future__ import annotations

from pipeline.data.corpus import Reading, build
from pipeline.data.hub import HubTable
from pipeline.data.items import Labelled, Pair, gather_labelled, gather_pairs
from pipeline.data.opening import open_corpus
from pipeline.data.reading.tables import TABLES
from pipeline.data.rows import Record
from pipeline.data.task import Task, TaskData, TaskRequest

_DEFECTS = ("sound", "defective")
_DEFECT_HUB = HubTable("google/code_x_glue_cc_defect_detection")


def _defect(record: Record) -> Labelled | None:
    function, label = record.text("func"), record.label("target", _DEFECTS)
    return Labelled((function,), label) if function else None


def _described(record: Record) -> Pair | None:
    """Join the tokens, as CodeXGLUE's own scripts do, into one line each."""
    code = " ".join(" ".join(record.texts("code_tokens")).split())
    description = " ".join(" ".join(record.texts("docstring_tokens")).split())
    return Pair(code, description) if code and description else None


_DETECTION = Reading(
    _defect,
    gather_labelled,
    group=lambda item: item.text,
    label=lambda item: item.label,
    classes=_DEFECTS,
)
_SUMMARIZATION = Reading(_described, gather_pairs, group=lambda pair: pair.source)


def _load_defects(request: TaskRequest) -> TaskData:
    instead = "train.jsonl, valid.jsonl and test.jsonl (columns 'func' and 'target')"
    return build(open_corpus(request, _DEFECT_HUB, TABLES, instead), _DETECTION, request)


def _load_descriptions(request: TaskRequest) -> TaskData:
    hub = HubTable("google/code_x_glue_ct_code_to_text", request.languages or "python")
    instead = "train, valid and test .jsonl files (columns 'code_tokens' and 'docstring_tokens')"
    return build(open_corpus(request, hub, TABLES, instead), _SUMMARIZATION, request)


CODE_TASKS: tuple[Task, ...] = (
    Task(
        name="defect-detection",
        modality="text",
        summary="is a C function insecure? (CodeXGLUE, Devign)",
        load=_load_defects,
        form="classification",
        scores=("accuracy", "f1"),
        classes=_DEFECTS,
    ),
    Task(
        name="code-summarization",
        modality="text",
        summary="a function -> its description (CodeXGLUE; languages=python, java, go, …)",
        load=_load_descriptions,
        form="generation",
        scores=("bleu", "rouge_l", "bertscore_f1", "bertscore_precision", "bertscore_recall"),
        cue=" =>",
        max_target_tokens=64,
    ),
)
