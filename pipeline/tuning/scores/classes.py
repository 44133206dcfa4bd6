"""Scores of named classes: accuracy, F1, macro F1, Matthews' correlation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.tuning.scores.task_score import Sums, TaskScore, mean_score

Labels = NDArray[np.int64]


def class_scores(
    named: Sequence[str], truth: Labels, classes: Sequence[str], score_names: Sequence[str]
) -> dict[str, TaskScore]:
    """Score classes that a model named.

    Parameters
    ----------
    named : sequence of str
        One name for each example.
    truth : ndarray of int64, shape (n_examples,)
        Positions in ``classes``.
    classes : sequence of str
    score_names : sequence of str
        Names of the scores.

    Returns
    -------
    dict of str to TaskScore
        ``accuracy``; ``f1`` of the second of two classes, as GLUE has it for MRPC and QQP;
        ``macro_f1``, the mean of the F1 of all classes that occur, as SuperGLUE has it for CB;
        ``mcc``, Matthews' correlation, as GLUE has it for CoLA (Gorodkin 2004 for more classes).
    """
    position = {name: index for index, name in enumerate(classes)}
    guesses = np.array([position.get(name, -1) for name in named], dtype=np.int64)
    makers: dict[str, Callable[[], TaskScore]] = {
        "accuracy": lambda: mean_score((guesses == truth).astype(np.float64)),
        "macro_f1": lambda: TaskScore(_counts(guesses, truth, len(classes)), _macro_f1),
        "mcc": lambda: TaskScore(_counts(guesses, truth, len(classes)), _mcc),
    }
    if len(classes) == 2:
        makers["f1"] = lambda: TaskScore(_counts(guesses, truth, 2), _second_f1)
    return {name: makers[name]() for name in score_names}


def _counts(guesses: Labels, truth: Labels, n_classes: int) -> NDArray[np.float64]:
    """Count for each example and class: right, named, true; shape (n_examples, 3 x n_classes)."""
    each = np.arange(n_classes)
    named, true = guesses[:, np.newaxis] == each, truth[:, np.newaxis] == each
    return np.concatenate([named & true, named, true], axis=1).astype(np.float64)


def _f1s(sums: Sums) -> NDArray[np.float64]:
    """F1 of each class; NaN for one that was neither named nor true."""
    right, named, true = sums.reshape(3, -1)
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * right / (named + true))


def _second_f1(sums: Sums) -> float:
    return float(np.nan_to_num(_f1s(sums)[1]))


def _macro_f1(sums: Sums) -> float:
    return float(np.nanmean(_f1s(sums)))


def _mcc(sums: Sums) -> float:
    right, named, true = sums.reshape(3, -1)
    total = true.sum()
    spread = (total**2 - named @ named) * (total**2 - true @ true)
    if spread <= 0:  # one class only was named, or is true: nothing to correlate
        return 0.0
    return float((right.sum() * total - named @ true) / math.sqrt(spread))
