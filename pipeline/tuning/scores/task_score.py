"""A score over a split, and how sure it is: for means of examples and for scores of a whole corpus.

BLEU, F1 or a correlation are not means of the examples' scores. All of them are functions of sums
over examples (Koehn 2004, "Statistical significance tests for machine translation evaluation"), so
a score is kept as what each example adds to those sums, and drawing examples again is adding other
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sums = NDArray[np.float64]
Formula = Callable[[Sums], float]
_DRAWS = 1000
_AT_ONCE = 100_000  # examples
_LOWER = 0.025  # where an interval of 95 % begins


@dataclass(frozen=True)
class TaskScore:
    """One metric over a split.

    Parameters
    ----------
    statistics : ndarray of float64, shape (n_examples, n_statistics)
        What each example adds.
    formula : callable
        ``formula(sums)``, sums of shape (n_statistics,), returns the score, from 0 to 1 (a
        correlation: from -1).
    """

    statistics: NDArray[np.float64]
    formula: Formula

    @property
    def mean(self) -> float:
        """The score over all examples."""
        return float(self.formula(self.statistics.sum(axis=0)))

    @property
    def error(self) -> float:
        """Bootstrap standard error: examples drawn again, 1,000 times (Efron 1979)."""
        return float(self._drawn().std(ddof=1))

    def beats(self, other: TaskScore) -> bool:
        """Say whether the 95 % interval of the difference between this and the other is above 0.

        Paired bootstrap (Efron & Tibshirani 1993, ch. 13): the examples are the same, so both are
        computed from the same draws.
        """
        if len(self.statistics) != len(other.statistics):
            raise ValueError("scores of different examples cannot be compared")
        return bool(np.quantile(self._drawn() - other._drawn(), _LOWER) > 0)

    def _drawn(self) -> NDArray[np.float64]:
        draws = _times_drawn(len(self.statistics))
        return np.array([self.formula(times @ self.statistics) for times in draws])


def _times_drawn(n: int) -> Iterator[NDArray[np.float64]]:
    """Give for each draw how often it has each of n examples, shape (n,): several in one call."""
    rng = np.random.default_rng(0)
    at_once = max(1, _AT_ONCE // max(n, 1))
    for first in range(0, _DRAWS, at_once):
        n_draws = min(at_once, _DRAWS - first)
        examples = rng.integers(0, n, (n_draws, n)) + n * np.arange(n_draws)[:, None]
        times = np.bincount(examples.ravel(), minlength=n_draws * n)
        yield from times.reshape(n_draws, n).astype(np.float64)


def mean_score(values: NDArray[np.float64]) -> TaskScore:
    """Make the score that is the mean of its examples' values.

    Parameters
    ----------
    values : ndarray of float64, shape (n_examples,)
    """
    return TaskScore(np.stack([values, np.ones_like(values)], axis=1), _mean)


def _mean(sums: Sums) -> float:
    return float(sums[0] / sums[1])
