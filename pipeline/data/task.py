"""What a task is: labelled examples that a base is tuned on, split in three."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.data.examples import Examples
from pipeline.data.hub import HubTable
from pipeline.words import Form, Modality


@dataclass(frozen=True)
class TaskData:
    """The three splits of a task; tuning never sees ``test``.

    Parameters
    ----------
    train, validation, test : TextPairs, LabelledTexts, TaggedTexts, TextSpans or LabelledImages
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
class TaskRequest:
    """How much of a task to load, and from where.

    Parameters
    ----------
    max_train, max_eval : int
        Largest number of examples to train on, and to validate and test on (each).
    seed : int
        Decides which examples are drawn; the same seed gives the same examples.
    directory : Path, optional
        Where the files of a task that reads real data lie; without it, it is read from the hub.
    splits : tuple of str
        The corpus's splits to train, validate and test on; a name that is given more than once is
        divided. Empty takes the usual ones.
    languages : str
        What to translate from and to, such as ``en-de``, or the language of code to summarise;
        empty takes the task's own.
    shots : int
        Examples of each class to train on (in all, where there are no classes) in place of
        ``max_train``; 0 for no such limit.
    image_size : int
        Side in pixels that pictures are brought to; 0 leaves them as they are.
    """

    max_train: int
    max_eval: int
    seed: int
    directory: Path | None = None
    splits: tuple[str, ...] = ()
    languages: str = ""
    shots: int = 0
    image_size: int = 0


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
        ``load(TaskRequest) -> TaskData``; raises DataError when data is missing or damaged.
    form : 'generation', 'classification', 'tagging' or 'spans'
        What a model is asked for; pictures are classified.
    scores : tuple of str
        Names of the scores that the field reports for it; the first decides which model is best.
    cue : str
        Generation: what stands between source and target, so that a model knows where to write.
    keeps : 'start' or 'end'
        Generation: which part of a source that is too long for a model is kept.
    max_target_tokens : int
        Generation: the longest answer a model may write.
    classes : tuple of str
        Classification and tagging: names of the classes, or the tags; empty where only the data
        says what they are (`TaskData` always does).
    needs_directory : bool
        Whether the task reads files that the user must point to.
    hub : callable, optional
        ``hub(languages) -> HubTable``: what of the hub is read where no folder is given.
    """

    name: str
    modality: Modality
    summary: str
    load: Callable[[TaskRequest], TaskData]
    form: Form
    scores: tuple[str, ...]
    cue: str = ""
    keeps: Literal["start", "end"] = "start"
    max_target_tokens: int = 0
    classes: tuple[str, ...] = ()
    needs_directory: bool = False
    hub: Callable[[str], HubTable] | None = None
