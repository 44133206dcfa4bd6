"""A paired contrast of two conditions over subjects and folds, and its spread in scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

ContrastTest = Literal["t", "sign-flip"]


@dataclass(frozen=True)
class ContrastDesign:
    """A paired contrast of two conditions over subjects and folds, and how it is tested.

    Parameters
    ----------
    n_subjects, n_folds : int
    sd_between_subjects : float
        Standard deviation over subjects of the true difference, in units of 2v2 accuracy.
    sd_within : float
        Standard deviation of the difference over the folds of one subject, in the same units.
    alpha : float
        Significance level, two-sided.
    test : {'t', 'sign-flip'}
        Over subjects, of the mean differences over folds: the paired t test, or the exact
        permutation test that flips signs. With fewer than 6 subjects the latter has no p value
        below 0.05, so it can find nothing at that level.
    """

    n_subjects: int
    n_folds: int
    sd_between_subjects: float
    sd_within: float
    alpha: float = 0.05
    test: ContrastTest = "t"


@dataclass(frozen=True)
class Spread:
    """How much a paired difference of scores varies, in units of 2v2 accuracy.

    Parameters
    ----------
    between_subjects : float
        Standard deviation over subjects, beyond what folds explain.
    within : float
        Standard deviation over the folds of one subject.
    """

    between_subjects: float
    within: float


def spread_of_scores(first: pd.DataFrame, second: pd.DataFrame) -> Spread:
    """Estimate the spread of a paired contrast from the scores of two conditions.

    Parameters
    ----------
    first, second : DataFrame
        Columns subject, fold and two_vs_two; one row for each subject and fold, the same in both,
        of 2 subjects and 2 folds or more.

    Returns
    -------
    Spread
        ``within`` pools the variance of the differences within subjects; ``between_subjects`` is
        that of the subjects' means beyond what the folds explain, and 0 if it is not beyond.
    """
    keys = ["subject", "fold"]
    paired = first.set_index(keys).two_vs_two - second.set_index(keys).two_vs_two
    differences = paired.unstack("fold").to_numpy(dtype=np.float64)
    within = differences.var(axis=1, ddof=1).mean()
    between = max(0.0, differences.mean(axis=1).var(ddof=1) - within / differences.shape[1])
    return Spread(math.sqrt(between), math.sqrt(within))
