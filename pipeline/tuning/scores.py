"""How well a tuned model does its task on examples it was not tuned on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.data.examples import Examples, LabelledImages, TextPairs
from pipeline.errors import BaseUnreachableError, Problem, TuningError
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import VisionModel
from pipeline.tuning.examples import wrong_examples

PRIMARY = {"text": "bertscore_f1", "image": "accuracy"}


@dataclass(frozen=True)
class Scorer:
    """The model behind BERTScore.

    Parameters
    ----------
    model : str
        ``tiny-bert`` (in the repository), a local directory, or a hub name.
    layers : int
        The layer whose states are compared.
    """

    model: str
    layers: int

    @property
    def location(self) -> str:
        """Where transformers finds the model."""
        embedded = PRETRAINED / self.model
        return str(embedded) if embedded.is_dir() else self.model


@dataclass(frozen=True)
class TaskScore:
    """One metric over a split.

    Parameters
    ----------
    values : ndarray of float64, shape (n_examples,)
        The score of each example, between 0 and 1.
    """

    values: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean over examples."""
        return float(self.values.mean())

    @property
    def error(self) -> float:
        """Bootstrap standard error of the mean: examples drawn again, 1,000 times."""
        return _bootstrap_error(self.values)

    def beats(self, other: TaskScore) -> bool:
        """Say whether this is better than the other by more than the bootstrap error.

        The examples are the same, so their differences are what is drawn again.
        """
        difference = self.values - other.values
        return bool(difference.mean() > _bootstrap_error(difference))


def _bootstrap_error(values: NDArray[np.float64]) -> float:
    draws = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    return float(values[draws].mean(axis=1).std(ddof=1))


def score(model: TunedModel, examples: Examples, scorer: Scorer) -> dict[str, TaskScore]:
    """Let a model do its task and compare with the targets.

    Parameters
    ----------
    model : TextModel or VisionModel
    examples : TextPairs or LabelledImages
    scorer : Scorer
        Used for texts only.

    Returns
    -------
    dict of str to TaskScore
        Texts: BERTScore precision, recall and F1 (Zhang et al. 2020), exact match; pictures:
        accuracy.
    """
    if isinstance(model, TextModel) and isinstance(examples, TextPairs):
        answers = model.perform(examples.sources)
        return _text_scores(answers, examples.targets, scorer)
    if isinstance(model, VisionModel) and isinstance(examples, LabelledImages):
        names = model.perform(examples.images)
        truth = [model.card.classes[label] for label in examples.labels]
        return {"accuracy": _share_equal(names, truth)}
    raise TuningError(wrong_examples(model.card.task, model.card.modality, examples))


def _text_scores(
    answers: Sequence[str], targets: Sequence[str], scorer: Scorer
) -> dict[str, TaskScore]:
    scores = {
        name: TaskScore(values) for name, values in bertscore(answers, targets, scorer).items()
    }
    return {**scores, "exact_match": _share_equal(answers, targets)}


def _share_equal(answers: Sequence[str], truth: Sequence[str]) -> TaskScore:
    return TaskScore(np.array([a == t for a, t in zip(answers, truth, strict=True)], dtype=float))


def bertscore(
    answers: Sequence[str], targets: Sequence[str], scorer: Scorer
) -> Mapping[str, NDArray[np.float64]]:
    """BERTScore of each answer; an empty answer scores 0 (the library raises on it).

    Raises
    ------
    BaseUnreachableError
        When the scorer's model is neither here nor on the hub.
    """
    from bert_score import score as bert_score

    written = [index for index, answer in enumerate(answers) if answer]
    names = ("bertscore_precision", "bertscore_recall", "bertscore_f1")
    values = {name: np.zeros(len(answers)) for name in names}
    if not written:
        return values
    try:
        computed = bert_score(
            [answers[index] for index in written],
            [targets[index] for index in written],
            model_type=scorer.location,
            num_layers=scorer.layers,
        )
    except OSError as error:
        raise BaseUnreachableError(_no_scorer(scorer)) from error
    for name, column in zip(names, computed, strict=True):
        values[name][written] = column.double().numpy()
    return values


def _no_scorer(scorer: Scorer) -> Problem:
    looked = "a local directory without a model" if Path(scorer.model).is_dir() else "not reachable"
    return Problem(
        "bertscore_model",
        "a model in the repository, a local directory, or a hub name that can be reached",
        f"'{scorer.model}', {looked}",
        "Pass bertscore_model=tiny-bert, or the directory of a model.",
    )
