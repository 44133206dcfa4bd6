"""Named entities: a tag for every word (CoNLL-2003)."""

from __future__ import annotations

from pipeline.config import TaskConfig
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.tagging import Tagged, gather_tagged
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.conll import CONLL_FILES
from pipeline.data.reading.tables import TABLES
from pipeline.data.rows import Record, position_of
from pipeline.data.task import CORPUS, Task, TaskData

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
_HUB = HubTable(
    "lhoestq/conll2003",
    "eng.train, eng.testa and eng.testb (four columns), or train.txt, valid.txt, test.txt",
)


def _convert(record: Record) -> Tagged | None:
    words, marks = record.texts("tokens"), record.value("ner_tags")
    if not isinstance(marks, list) or len(marks) != len(words):
        number = f"{len(marks)} tags" if isinstance(marks, list) else type(marks).__name__
        raise record.unfit("ner_tags", f"{len(words)} tags, one for each word", number)
    tags = [position_of(tag, TAGS) for tag in marks]
    for word, tag, value in zip(words, tags, marks, strict=True):
        if tag is None or word.split() != [word]:
            expected = f"words without space in them, each with one of {', '.join(TAGS)}"
            raise record.unfit("ner_tags", expected, f"{value!r} for the word {word!r}")
    return Tagged(words, tuple(t for t in tags if t is not None)) if words else None


_READING = Reading(_convert, gather_tagged, group=lambda item: item.words, classes=TAGS)


def _load(config: TaskConfig) -> TaskData:
    splits = open_corpus(config, _HUB, {**TABLES, **CONLL_FILES})
    return build(splits, _READING, config)


TAGGING_TASKS: tuple[Task, ...] = (
    Task(
        name="conll2003",
        modality="text",
        summary="which words name persons, organisations, places or others (CoNLL-2003)",
        load=_load,
        form="tagging",
        settings=CORPUS,
        scores=("entity_f1", "accuracy"),
        classes=TAGS,
        hub=lambda _: _HUB,
    ),
)
