"""A paired contrast of two conditions over subjects and folds, and its spread in scores."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pipeline.config.power import MOST_FLIPPED
from pipeline.errors import AlignmentError, Problem, nearest, refuse

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

    Raises
    ------
    AlignmentError
        All values that cannot be used, at once.
    """

    n_subjects: int
    n_folds: int
    sd_between_subjects: float
    sd_within: float
    alpha: float = 0.05
    test: ContrastTest = "t"

    def __post_init__(self) -> None:
        refuse(self._problems(), AlignmentError)

    def _problems(self) -> Iterator[Problem]:
        if self.test not in get_args(ContrastTest):
            known = nearest(str(self.test), get_args(ContrastTest))
            yield Problem("test", "a known name", repr(self.test), known)
        most = MOST_FLIPPED if self.test == "sign-flip" else math.inf
        for field, low, high in (("n_subjects", 2, most), ("n_folds", 1, math.inf)):
            value = getattr(self, field)
            if not low <= value <= high:
                remedy = "Use the t test for more subjects; one subject has no error over subjects."
                yield Problem(field, f"from {low} to {high}", str(value), remedy)
        spreads = self.sd_between_subjects, self.sd_within
        if not all(0 <= sd < math.inf for sd in spreads) or sum(spreads) == 0:
            expected = "standard deviations of at least 0, not both 0"
            remedy = "Estimate them from scores with design_from_scores."
            yield Problem("sd_between_subjects, sd_within", expected, f"{spreads}", remedy)
        if not 0 < self.alpha < 1:
            yield Problem("alpha", "between 0 and 1", str(self.alpha), "The usual one is 0.05.")


@dataclass(frozen=True)
class Spread:
    """How much a paired difference of scores varies, in units of 2v2 accuracy.

    Parameters
    ----------
    n_subjects, n_folds : int
        What it was estimated from.
    between_subjects : float
        Standard deviation over subjects, beyond what folds explain.
    within : float
        Standard deviation over the folds of one subject.
    """

    n_subjects: int
    n_folds: int
    between_subjects: float
    within: float


def design_from_scores(
    first: pd.DataFrame, second: pd.DataFrame, value: str = "two_vs_two"
) -> ContrastDesign:
    """Plan a contrast with the spread, subjects and folds of two conditions' scores.

    Parameters, errors and spread as for :func:`spread_of_scores`; scores without any spread are
    refused, too.
    """
    spread = spread_of_scores(first, second, value)
    return ContrastDesign(spread.n_subjects, spread.n_folds, spread.between_subjects, spread.within)


def spread_of_scores(
    first: pd.DataFrame, second: pd.DataFrame, value: str = "two_vs_two"
) -> Spread:
    """Estimate the spread of a paired contrast from the scores of two conditions.

    Parameters
    ----------
    first, second : DataFrame
        Columns subject, fold and ``value``; one row for each subject and fold, the same in both.
    value : str
        Column of the scores.

    Returns
    -------
    Spread
        ``within`` pools the variance of the differences within subjects; ``between_subjects`` is
        that of the subjects' means beyond what the folds explain, and 0 if it is not beyond.

    Raises
    ------
    AlignmentError
        Columns that are missing, rows that do not pair, subjects with different numbers of
        folds, scores that are not finite, or fewer than 2 subjects or 2 folds.
    """
    refuse(_score_problems({"first": first, "second": second}, value), AlignmentError)
    keys = ["subject", "fold"]
    paired = first.set_index(keys)[value] - second.set_index(keys)[value]
    table = paired.unstack("fold")
    finding = None
    if len(paired) != len(first) or len(first) != len(second):
        finding = f"{len(first)} and {len(second)} rows of which {len(paired)} differ in place"
    elif not np.isfinite(table.to_numpy()).all() or min(table.shape) < 2:
        finding = f"{table.shape[0]} subjects, {table.shape[1]} folds, {table.size} places for "
        finding += f"{np.count_nonzero(np.isfinite(paired))} finite differences"
    if finding:
        expected = "2 or more subjects with the same 2 or more folds and finite scores in both"
        raise AlignmentError(Problem("scores", expected, finding, "Align both in the same folds."))
    differences = table.to_numpy(dtype=np.float64)
    n_subjects, n_folds = differences.shape
    within = differences.var(axis=1, ddof=1).mean()
    between = max(0.0, differences.mean(axis=1).var(ddof=1) - within / n_folds)
    return Spread(n_subjects, n_folds, math.sqrt(between), math.sqrt(within))


def _score_problems(tables: dict[str, pd.DataFrame], value: str) -> Iterator[Problem]:
    for name, table in tables.items():
        missing = {"subject", "fold", value} - set(table.columns)
        if missing:
            columns = ", ".join(map(str, table.columns)) or "none"
            remedy = f"Add {', '.join(sorted(missing))}."
            yield Problem(f"scores, {name}", f"columns subject, fold, {value}", columns, remedy)
        elif table.duplicated(["subject", "fold"]).any():
            remedy = "Choose one direction, ROI and layer: see best_layers."
            yield Problem(f"scores, {name}", "each subject and fold once", "one twice", remedy)
