"""Scores of a tuned model on examples that it was not tuned on, by its form of task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.data import TASKS
from pipeline.data.forms.examples import Examples
from pipeline.data.task import Task, TaskData
from pipeline.tuning.forms import FORMS, form_of
from pipeline.tuning.forms.form import Scoring, TaskScores
from pipeline.tuning.scores.bertscore import Scorer

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def score(model: TunedModel, examples: Examples, scorer: Scorer) -> TaskScores:
    """Let a model do its task and compare with what is right.

    Parameters
    ----------
    model : TextModel or VisionModel
    examples : Examples
        Of the model's form of task.
    scorer : Scorer

    Returns
    -------
    dict of str to TaskScore
        The scores that the model's task has in TASKS and the scorer can give, in that order.

    Raises
    ------
    TuningError
        When the examples are of another form.
    BaseUnreachableError
        When the model behind BERTScore is not to be had.
    """
    from pipeline.tuning.forms.prepare import refuse_other_examples

    refuse_other_examples(model.card, examples)
    form = form_of(model.card)
    names = scorer.choose(TASKS[model.card.task].scores)
    # each form of model takes the items of its form, which their common type cannot say
    perform: Callable[[Any], list[str]] = model.perform
    answers = perform(form.questions(examples))
    by_name = form.scores(answers, examples, Scoring(names, model.card.classes, scorer))
    return {name: by_name[name] for name in names}


def constant_scores(task: Task, data: TaskData, scorer: Scorer) -> TaskScores:
    """Score the answer that is right most often in the training split, whatever is asked.

    Returns
    -------
    dict of str to TaskScore
        As ``score``, of the test split; empty where no classes are named.
    """
    form = FORMS[task.modality, task.form]
    if form.constant is None:
        return {}
    answers = [form.constant(data.train, data.classes)] * len(data.test)
    return form.scores(answers, data.test, Scoring(task.scores, data.classes, scorer))
