"""Summaries of news and of dialogues: CNN/DailyMail, XSum, DialogSum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.config import TaskConfig
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.generation import Pair, gather_pairs
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.folder import folder_splits
from pipeline.data.reading.parallel import parallel_splits
from pipeline.data.reading.stories import story_splits
from pipeline.data.reading.tables import TABLES
from pipeline.data.rows import Record, Splits
from pipeline.data.task import CORPUS, Task, TaskData

SCORES = ("rouge_l", "bertscore_f1", "bertscore_precision", "bertscore_recall")


@dataclass(frozen=True)
class _Columns:
    """Where a corpus has texts and summaries: ``source`` and ``target`` in parallel files.

    Parameters
    ----------
    source, target : str
    several : tuple of str
        Columns of the summaries where the corpus gives more than one to compare with.
    """

    source: str
    target: str
    several: tuple[str, ...] = ()

    def convert(self, record: Record) -> Pair | None:
        """Make an example of a row, unless the text or the summary is empty."""
        if {"source", "target"} <= set(record.values):
            return _Columns("source", "target").example(record)
        return self.example(record)

    def example(self, record: Record) -> Pair | None:
        """Make an example of these columns of a row."""
        names = self.several if self.several and self.target not in record.values else ()
        source = record.text(self.source)
        targets = tuple(record.text(name) for name in names or (self.target,))
        if not source or not targets[0]:
            return None
        return Pair(source, targets[0], tuple(filter(None, targets[1:])))


def _local(directory: Path) -> Splits:
    """Read tables, CNN/DailyMail's stories, or parallel files (train.source, train.target)."""
    if any(directory.glob("**/*.story")):
        return story_splits(directory)
    if any(directory.glob("*.source*")):
        return parallel_splits(directory, "source", "target")
    return folder_splits(directory, TABLES)


def _task(
    name: str,
    summary: str,
    columns: _Columns,
    max_target_tokens: int,
    repository: str,
    config: str = "",
    revision: str = "",
) -> Task:
    column_names = f"'{columns.source}' and '{columns.target}'"
    forms = "jsonl, csv, tsv, parquet"
    instead = f"train, validation and test files ({forms}; columns {column_names})"
    hub = HubTable(repository, instead, config, revision)
    reading = Reading(columns.convert, gather_pairs, group=lambda pair: pair.source)

    def load(config: TaskConfig) -> TaskData:
        return build(open_corpus(config, hub, _local), reading, config)

    return Task(
        name=name,
        modality="text",
        summary=summary,
        load=load,
        form="generation",
        settings=CORPUS,
        scores=SCORES,
        cue=" TL;DR:",
        max_target_tokens=max_target_tokens,
        hub=lambda _: hub,
    )


SUMMARIZATION_TASKS: tuple[Task, ...] = (
    _task(
        "cnn-dailymail",
        "news -> its highlights, about three sentences (CNN/DailyMail 3.0.0)",
        _Columns("article", "highlights"),
        128,
        "abisee/cnn_dailymail",
        "3.0.0",
    ),
    _task(
        "xsum",
        "BBC news -> one sentence (XSum)",
        _Columns("document", "summary"),
        64,
        "EdinburghNLP/xsum",
        revision="refs/convert/parquet",
    ),
    _task(
        "dialogsum",
        "everyday dialogues -> what was said (DialogSum; up to three reference summaries)",
        _Columns("dialogue", "summary", ("summary1", "summary2", "summary3")),
        96,
        "knkarthick/dialogsum",
    ),
)
