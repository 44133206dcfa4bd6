"""Scores of tags: F1 of whole entities, as at CoNLL, and accuracy of single tags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.tuning.scores.task_score import Sums, TaskScore, mean_score


def entity_scores(
    answers: Sequence[str], tags: Sequence[NDArray[np.int64]], classes: Sequence[str]
) -> dict[str, TaskScore]:
    """Score the tags that a model gave.

    Parameters
    ----------
    answers : sequence of str
        The tags of each text's words, with spaces between. A word without a tag counts as ``O``.
    tags : sequence of ndarray of int64, shape (n_words,)
        The right ones of each text, as positions in ``classes``.
    classes : sequence of str

    Returns
    -------
    dict of str to TaskScore
        ``entity_f1``: an entity counts where both its ends and its type are right (Tjong Kim Sang
        & De Meulder 2003; entities are found as seqeval finds them). ``accuracy``: mean over texts
        of the share of words that have the right tag.
    """
    counts = np.zeros((len(answers), 3))
    accuracy = np.zeros(len(answers))
    for row, (answer, own_tags) in enumerate(zip(answers, tags, strict=True)):
        truth = [classes[tag] for tag in own_tags]
        answer_tags = (answer.split() + ["O"] * len(truth))[: len(truth)]
        named, true = _entities(answer_tags), _entities(truth)
        counts[row] = (len(named & true), len(named), len(true))
        accuracy[row] = np.mean([g == t for g, t in zip(answer_tags, truth, strict=True)])
    return {"entity_f1": TaskScore(counts, _f1), "accuracy": mean_score(accuracy)}


def _entities(tags: list[str]) -> set[tuple[str, int, int]]:
    from seqeval.metrics.sequence_labeling import get_entities

    return set(get_entities(tags))


def _f1(sums: Sums) -> float:
    right, named, true = sums
    return float(2 * right / (named + true)) if named + true else 0.0
