"""Tasks: labelled examples that a base is tuned on, split in three."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.config import TaskConfig
from pipeline.config.catalogue import Languages
from pipeline.data.forms.examples import Examples
from pipeline.data.hub_tables import HubTable
from pipeline.errors import Problem
from pipeline.words import Modality

#: Settings of tasks whose corpus is divided into splits, and of those whose items are pictures.
CORPUS, PICTURES = frozenset({"splits"}), frozenset({"splits", "image_size"})
#: Examples that a simulated task makes at most: they are held in memory, 3 kB a picture.
MOST_SIMULATED = 100_000


@dataclass(frozen=True)
class TaskData:
    """The three splits of a task; tuning never sees ``test``.

    Parameters
    ----------
    train, validation, test : Examples
    source : str
        Where the examples came from, as logged beside the run.
    classes : tuple of str
        What the labels count: names of the classes, or the tags; empty for the other forms.
    """

    train: Examples
    validation: Examples
    test: Examples
    source: str
    classes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the three splits and the names of the classes, in order."""
        digests = [split.digest for split in (self.train, self.validation, self.test)]
        return hashlib.sha256(repr((digests, self.classes)).encode()).hexdigest()


@dataclass(frozen=True)
class Task:
    """An entry of TASKS.

    Parameters
    ----------
    name : str
    modality : 'text' or 'image'
    summary : str
        One line for the list of tasks.
    load : callable
        ``load(TaskConfig) -> TaskData``; raises DataError when data is missing or damaged.
    form : str
        What a model does, as ``pipeline.tuning.forms`` names it.
    scores : tuple of str
        Names of the scores that the field reports for it; the first decides which model is best.
    cue : str
        Generation and cloze: what stands between a text and the answer, so that a model knows where
        it belongs.
    keeps : 'start' or 'end'
        Likewise: which part of a text that is too long for a model is kept.
    max_target_tokens : int
        Generation: the longest answer a model may write.
    classes : tuple of str
        Names of the classes, or the tags; empty where only the data says what they are (`TaskData`
        always does). Cloze: the words that a base may write.
    needs_directory : bool
        Whether the task reads files that the user must point to.
    settings : frozenset of str
        Settings that it knows, of those that not every task does.
    languages : Languages, optional
        What the setting ``languages`` may be, where it knows that.
    check : callable, optional
        ``check(config)`` yields what else of the settings does not suit the task.
    hub : callable, optional
        ``hub(languages) -> HubTable``: what of the hub is read where no folder is given.
    """

    name: str
    modality: Modality
    summary: str
    load: Callable[[TaskConfig], TaskData]
    form: str
    scores: tuple[str, ...]
    cue: str = ""
    keeps: Literal["start", "end"] = "start"
    max_target_tokens: int = 0
    classes: tuple[str, ...] = ()
    needs_directory: bool = False
    settings: frozenset[str] = frozenset()
    languages: Languages | None = None
    check: Callable[[TaskConfig], Iterable[Problem]] | None = None
    hub: Callable[[str], HubTable] | None = None


def beyond_simulation(config: TaskConfig) -> Iterator[Problem]:
    """Find the fields that ask for more examples than are ever simulated."""
    for field in ("max_train", "max_eval", "shots"):
        value = getattr(config, field)
        if value > MOST_SIMULATED:
            expected = f"at most {MOST_SIMULATED:,} examples of a simulated task"
            yield Problem(field, expected, f"{value:,}", f"Lower {field}.")
