"""Sentence understanding: GLUE and SuperGLUE, from the hub or the original tsv and jsonl files.

Their test splits have no labels (but for a file that somebody has labelled, which splits= can
name): the examples to test on come out of the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.config import TaskConfig
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.classification import Labelled, gather_labelled
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.folder import Reader
from pipeline.data.reading.tables import TABLES, tsv_reader
from pipeline.data.rows import Record
from pipeline.data.task import CORPUS, Task, TaskData

_ENTAILMENT = ("entailment", "not_entailment")
_YES_NO = ("False", "True")
_GLUE, _SUPER = "nyu-mll/glue", "aps/super_glue"


@dataclass(frozen=True)
class _Corpus:
    """A corpus of labelled sentences or pairs of them.

    Parameters
    ----------
    name : str
        Of the task, and of the table on the hub.
    summary : str
    repository : str
    texts : tuple of str
        The hub's columns.
    classes : tuple of str
        In the order of the hub's labels.
    scores : tuple of str
    original : mapping
        The hub's column to its names in the original files, where they differ.
    tsv : callable
        What reads its original tsv files.
    """

    name: str
    summary: str
    repository: str
    texts: tuple[str, ...]
    classes: tuple[str, ...]
    scores: tuple[str, ...] = ("accuracy",)
    original: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tsv: Reader = field(default_factory=tsv_reader)

    def _column(self, record: Record, name: str) -> str:
        named_so = (n for n in self.original.get(name, ()) if n in record.values)
        return name if name in record.values else next(named_so, name)

    def convert(self, record: Record) -> Labelled | None:
        """Make an example of a row, unless one of its texts is empty."""
        texts = tuple(record.text(self._column(record, name)) for name in self.texts)
        if self.name == "wic":  # which word is meant belongs before the first sentence
            texts = (f"{record.text('word')}: {texts[0]}", texts[1])
        if not all(texts):
            return None
        return Labelled(texts, record.label(self._column(record, "label"), self.classes))

    def hub(self, _: str = "") -> HubTable:
        """Name its table on the hub; there is one language."""
        instead = f"the original train and dev files of {self.name.upper()}"
        return HubTable(self.repository, instead, self.name)

    def load(self, config: TaskConfig) -> TaskData:
        """Load the task."""
        splits = open_corpus(config, self.hub(), {**TABLES, ".tsv": self.tsv})
        reading = Reading(
            self.convert,
            gather_labelled,
            group=lambda item: item.text[0],
            label=lambda item: item.label,
            classes=self.classes,
            labelled_test=False,
        )
        return build(splits, reading, config)

    def task(self) -> Task:
        """Make the entry of TASKS."""
        return Task(
            name=self.name,
            modality="text",
            summary=self.summary,
            load=self.load,
            form="classification",
            settings=CORPUS,
            scores=self.scores,
            classes=self.classes,
            hub=self.hub,
        )


_PAIR = ("sentence1", "sentence2")
_F1 = ("f1", "accuracy")
GLUE_TASKS: tuple[Task, ...] = tuple(
    corpus.task()
    for corpus in (
        _Corpus("rte", "does the first text entail the second? (GLUE RTE; SuperGLUE's files too)",
                _GLUE, _PAIR, _ENTAILMENT,
                original={"sentence1": ("premise",), "sentence2": ("hypothesis",)}),
        _Corpus("mrpc", "do two sentences say the same? (GLUE MRPC)",
                _GLUE, _PAIR, ("not_equivalent", "equivalent"), _F1,
                original={"sentence1": ("#1 String",), "sentence2": ("#2 String",),
                          "label": ("Quality",)}),
        _Corpus("sst2", "is the opinion of a film positive? (GLUE SST-2)",
                _GLUE, ("sentence",), ("negative", "positive")),
        _Corpus("mnli", "entailment, neutral or contradiction? (GLUE MNLI, matched)",
                _GLUE, ("premise", "hypothesis"), ("entailment", "neutral", "contradiction"),
                original={"premise": ("sentence1",), "hypothesis": ("sentence2",),
                          "label": ("gold_label",)}),
        _Corpus("qnli", "does the sentence answer the question? (GLUE QNLI)",
                _GLUE, ("question", "sentence"), _ENTAILMENT),
        _Corpus("qqp", "do two questions ask the same? (GLUE QQP)",
                _GLUE, ("question1", "question2"), ("not_duplicate", "duplicate"), _F1,
                original={"label": ("is_duplicate",)}, tsv=tsv_reader(lenient=True)),
        _Corpus("cola", "is the sentence acceptable English? (GLUE CoLA)",
                _GLUE, ("sentence",), ("unacceptable", "acceptable"), ("mcc", "accuracy"),
                tsv=tsv_reader(columns=("source", "label", "mark", "sentence"))),
        _Corpus("wnli", "does the pronoun mean what the second sentence says? (GLUE WNLI)",
                _GLUE, _PAIR, ("not_entailment", "entailment")),
        _Corpus("boolq", "is the answer to the question yes? (SuperGLUE BoolQ)",
                _SUPER, ("question", "passage"), _YES_NO),
        _Corpus("cb", "entailment, contradiction or neutral? (SuperGLUE CommitmentBank)",
                _SUPER, ("premise", "hypothesis"), ("entailment", "contradiction", "neutral"),
                ("macro_f1", "accuracy")),
        _Corpus("wic", "is a word meant the same way in both sentences? (SuperGLUE WiC)",
                _SUPER, _PAIR, _YES_NO),
    )
)  # fmt: skip
