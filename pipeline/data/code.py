"""Programs: whether there is a defect, and what a function does (CodeXGLUE)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.config import TaskConfig
from pipeline.config.catalogue import Languages
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.classification import Labelled, gather_labelled
from pipeline.data.forms.generation import Pair, gather_pairs
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.folder import folder_splits, split_name
from pipeline.data.reading.raw import read_lines
from pipeline.data.reading.tables import TABLES, read_json
from pipeline.data.rows import ASK_ANEW, Record, Rows, Splits
from pipeline.data.task import CORPUS, Task, TaskData
from pipeline.errors import DataError, Problem, refuse

_DEFECTS = ("sound", "defective")
_LANGUAGES = ("go", "java", "javascript", "php", "python", "ruby")
_DEFECT_HUB = HubTable(
    "google/code_x_glue_cc_defect_detection",
    "function.json, train.txt, valid.txt and test.txt, or train.jsonl, … (func, target)",
)


def _local_defects(directory: Path) -> Splits:
    """Read the original form, function.json and lists of positions in it, or one table a split."""
    functions = directory / "function.json"
    if not functions.is_file():
        return folder_splits(directory, TABLES)
    lists: dict[str, list[Path]] = {}
    for path in sorted(directory.glob("*.txt")):
        if split := split_name(Path(path.name)):
            lists.setdefault(split, []).append(path)
    refuse(_doubled_lists(directory, lists), DataError)
    readers = {split: partial(_listed, functions, path) for split, (path,) in lists.items()}
    return Splits(str(directory), readers)


def _doubled_lists(directory: Path, lists: Mapping[str, Sequence[Path]]) -> Iterator[Problem]:
    for split, paths in lists.items():
        if len(paths) > 1:
            where, names = f"{directory}: split '{split}'", ", ".join(path.name for path in paths)
            yield Problem(where, "one list of positions", names, "Keep one, and move the others.")


def _listed(functions: Path, positions: Path) -> Rows:
    """Pick the functions whose positions a file lists, one a line."""
    rows = read_json(functions)
    listing = [line.strip() for line in read_lines(positions) if line.strip()]
    for number, line in enumerate(listing, start=1):
        if not re.fullmatch("[0-9]{1,9}", line) or int(line) >= len(rows):
            place, expected = f"{positions}, entry {number}", f"a position below {len(rows)}"
            raise DataError(Problem(place, expected, repr(line[:40]), ASK_ANEW))
    return Rows(
        len(listing),
        lambda index: rows.read(int(listing[index])),
        lambda index: rows.place(int(listing[index])),
    )


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
#: Names of the same classes that a base may well write behind a function (Wang et al. 2022).
_WORDS = ("clean", "defective")
_SUMMARIZATION = Reading(_described, gather_pairs, group=lambda pair: pair.source)


def _load_defects(config: TaskConfig) -> TaskData:
    return build(open_corpus(config, _DEFECT_HUB, _local_defects), _DETECTION, config)


def _load_named_defects(config: TaskConfig) -> TaskData:
    return replace(_load_defects(config), classes=_WORDS)


def _descriptions(language: str) -> HubTable:
    instead = "train, valid and test .jsonl files (columns 'code_tokens' and 'docstring_tokens')"
    return HubTable("google/code_x_glue_ct_code_to_text", instead, language or "python")


def _load_descriptions(config: TaskConfig) -> TaskData:
    corpus = open_corpus(config, _descriptions(config.languages), TABLES)
    return build(corpus, _SUMMARIZATION, config)


CODE_TASKS: tuple[Task, ...] = (
    Task(
        name="defect-detection",
        modality="text",
        summary="is a C function insecure? (CodeXGLUE, Devign)",
        load=_load_defects,
        form="classification",
        settings=CORPUS,
        scores=("accuracy", "f1"),
        classes=_DEFECTS,
        hub=lambda _: _DEFECT_HUB,
    ),
    Task(
        name="defect-cloze",
        modality="text",
        summary="is a C function insecure? by the word that a base writes for it (Devign)",
        load=_load_named_defects,
        form="cloze",
        settings=CORPUS,
        scores=("accuracy", "f1"),
        cue=" the code is",
        classes=_WORDS,
        hub=lambda _: _DEFECT_HUB,
    ),
    Task(
        name="code-summarization",
        modality="text",
        summary="a function -> its description (CodeXGLUE; languages=python, java, go, …)",
        load=_load_descriptions,
        form="generation",
        settings=CORPUS | {"languages"},
        languages=Languages("|".join(_LANGUAGES), f"one of {', '.join(_LANGUAGES)}"),
        scores=("bleu", "rouge_l", "bertscore_f1", "bertscore_precision", "bertscore_recall"),
        cue=" =>",
        max_target_tokens=64,
        hub=_descriptions,
    ),
)
