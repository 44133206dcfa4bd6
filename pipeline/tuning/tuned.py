"""A tuned model and what is known of it: its scores, those of its rivals, what it read in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.data import TASKS
from pipeline.data.task import TaskData
from pipeline.tuning.forms import form_of
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores.task_score import TaskScore
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.training.schedule import Training

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


@dataclass(frozen=True)
class Tuned:
    """A tuned model and what is known of it.

    Parameters
    ----------
    model : TextModel or VisionModel
    choice : Choice
        Learning rate and prompt length it was trained with.
    training : Training or None
        None for a control that is not trained.
    validation, test, base_test : mapping of str to TaskScore
        Scores on the held-out splits; ``base_test`` are those of the untuned base.
    constant_test : mapping of str to TaskScore
        Classification: those of always naming the most frequent class of the training split.
    cuts : mapping of str to int
        Examples of 'train' and 'test' that are longer than what the model reads of them.
    """

    model: TunedModel
    choice: Choice
    training: Training | None
    validation: Mapping[str, TaskScore]
    test: Mapping[str, TaskScore]
    base_test: Mapping[str, TaskScore]
    constant_test: Mapping[str, TaskScore]
    cuts: Mapping[str, int]

    @property
    def beats_base(self) -> bool | None:
        """Whether the deciding score on the test split is above that of the base (95 %).

        None for a control, which nothing was to teach; points between two models are judged.
        """
        return self._beats(self.base_test)

    @property
    def beats_constant(self) -> bool | None:
        """Whether it is above that of always naming the most frequent class (95 %).

        None for a control, and where no classes are named.
        """
        return self._beats(self.constant_test)

    def _beats(self, rival: Mapping[str, TaskScore]) -> bool | None:
        if not rival or not METHODS[self.model.card.method].recipes:
            return None
        return self.test[self.primary].beats(rival[self.primary])

    @property
    def primary(self) -> str:
        """Name of the score that decides which version is best."""
        return TASKS[self.model.card.task].scores[0]


@dataclass(frozen=True)
class OnTheWay:
    """A model as it was after some step of a training, and its scores on the validation split."""

    step: int
    model: TunedModel
    validation: Mapping[str, TaskScore]


def count_cut_examples(model: TunedModel, data: TaskData) -> Mapping[str, int]:
    """Count examples that a model reads in part, as its prompt leaves too little room for them.

    Words to tag and texts to find spans in are never cut: long ones are read in stretches.

    Parameters
    ----------
    model : TextModel or VisionModel
        A longer prompt cuts more: versions of one base may see different examples.
    data : TaskData

    Returns
    -------
    dict of str to int
        Of the splits 'train' and 'test'.
    """
    from pipeline.models.travelling.text import TextModel

    if not isinstance(model, TextModel):
        return {"train": 0, "test": 0}
    lengths_of = form_of(model.card).whole_lengths
    lengths = {
        "train": lengths_of(model, data.train, False),
        "test": lengths_of(model, data.test, True),
    }
    return {split: sum(n > model.room for n in each) for split, each in lengths.items()}
