"""BERTScore: how alike two texts are to a language model (Zhang et al. 2020)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BaseUnreachableError, Problem, TuningError, refuse
from pipeline.hub import hub_or_cache, said_by
from pipeline.models.bases import folder_of
from pipeline.tuning.hub_check import no_scorer, scorer_out_of_reach

NAMES = ("bertscore_precision", "bertscore_recall", "bertscore_f1")


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
        return str(folder_of(self.model) or self.model)

    def check(self) -> None:
        """Load the model, so that what it lacks is known before anything expensive.

        Raises
        ------
        BaseUnreachableError
            When the model is neither here nor on the hub.
        TuningError
            When it does not have so many layers.
        """
        _loaded(self)


def bertscore(
    answers: Sequence[str], references: Sequence[Sequence[str]], scorer: Scorer
) -> dict[str, NDArray[np.float64]]:
    """BERTScore of each answer; an empty answer scores 0 (the library raises on it).

    Parameters
    ----------
    answers : sequence of str
    references : sequence of sequence of str
        At least one for each answer; the best of each of the three counts.
    scorer : Scorer

    Returns
    -------
    dict of str to ndarray of float64, shape (n_answers,)
        ``bertscore_precision``, ``bertscore_recall``, ``bertscore_f1``.

    Raises
    ------
    BaseUnreachableError
        When the scorer's model is neither here nor on the hub.
    """
    written = [index for index, answer in enumerate(answers) if answer.strip()]
    values = {name: np.zeros(len(answers)) for name in NAMES}
    if not written:
        return values
    model = _loaded(scorer)
    several = [[text for text in references[index] if text.strip()] for index in written]
    computed = model.score([answers[index] for index in written], several)
    for name, column in zip(NAMES, computed, strict=True):
        values[name][written] = column.double().numpy()
    return values


def _loaded(scorer: Scorer) -> Any:
    refuse(scorer_out_of_reach(scorer.model), BaseUnreachableError)
    local = folder_of(scorer.model) is not None
    try:
        with nullcontext() if local else hub_or_cache():
            return _model(scorer.location, scorer.layers)
    except OSError as error:
        raise BaseUnreachableError(no_scorer(scorer.model, said_by(error))) from error
    except AssertionError as error:  # bert_score's own refusal
        problem = Problem(
            "bertscore_layers",
            f"no more layers than '{scorer.model}' has",
            str(scorer.layers),
            "Lower bertscore_layers, or choose another bertscore_model.",
        )
        raise TuningError(problem) from error


@functools.lru_cache(maxsize=1)
def _model(location: str, layers: int) -> Any:
    """Load the model once: a tuning scores three times with the same."""
    from bert_score import BERTScorer

    return BERTScorer(model_type=location, num_layers=layers)
