"""Exact match and F1 of answers, as SQuAD 1.1's own script computes them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.tuning.scores.task_score import TaskScore, mean_score

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def answer_scores(
    answers: Sequence[str], accepted: Sequence[Sequence[str]]
) -> dict[str, TaskScore]:
    """Score answers by the accepted answer that each is closest to (Rajpurkar et al. 2016).

    Parameters
    ----------
    answers : sequence of str
    accepted : sequence of sequence of str
        At least one for each answer.

    Returns
    -------
    dict of str to TaskScore
        ``exact_match`` and ``f1`` of words, both without regard to case, punctuation and articles.
    """
    exact, overlap = np.zeros(len(answers)), np.zeros(len(answers))
    for row, (answer, truths) in enumerate(zip(answers, accepted, strict=True)):
        exact[row] = max(normalised(answer) == normalised(truth) for truth in truths)
        overlap[row] = max(word_f1(answer, truth) for truth in truths)
    return {"exact_match": mean_score(exact), "f1": mean_score(overlap)}


def answer_or_none_scores(
    answers: Sequence[str], accepted: Sequence[Sequence[str]]
) -> dict[str, TaskScore]:
    """Score answers where some questions have none, as SQuAD 2.0's script does.

    Parameters
    ----------
    answers : sequence of str
        Empty where a question is said to have none.
    accepted : sequence of sequence of str
        Empty where it has none.

    Returns
    -------
    dict of str to TaskScore
        ``exact_match`` and ``f1`` (Rajpurkar et al. 2018): where either side is none, 1 if both
        are; ``answerable``, whether it was told rightly which questions have an answer.
    """
    exact, overlap, agrees = (np.zeros(len(answers)) for _ in range(3))
    for row, (answer, truths) in enumerate(zip(answers, accepted, strict=True)):
        agrees[row] = bool(normalised(answer)) == bool(truths)
        for truth in truths or ("",):
            exact[row] = max(exact[row], normalised(answer) == normalised(truth))
            both = normalised(answer) and normalised(truth)
            shared = word_f1(answer, truth) if both else normalised(answer) == normalised(truth)
            overlap[row] = max(overlap[row], shared)
    scores = {"exact_match": exact, "f1": overlap, "answerable": agrees}
    return {name: mean_score(values) for name, values in scores.items()}


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles, single spaces between words."""
    bare = text.lower().translate(_WITHOUT_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def word_f1(answer: str, truth: str) -> float:
    """F1 of the words that two normalised texts share; 0 where they share none."""
    words, true = normalised(answer).split(), normalised(truth).split()
    shared = sum((Counter(words) & Counter(true)).values())
    return 2 * shared / (len(words) + len(true)) if shared else 0.0
