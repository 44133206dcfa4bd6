"""Variance between trainings of a difference, as a component with its interval.

Seeds and subjects cross: d = m + training + subject + rest, all but m random, one value a cell. The
component of trainings is what the mean over subjects would still vary by if there were infinitely
many of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f

LEAST_TRAININGS, LEAST_SUBJECTS = 3, 2
LEVEL = 0.95  # of the interval


@dataclass(frozen=True)
class TrainingSpread:
    """The component of variance of trainings.

    Parameters
    ----------
    variance : float
        Unbiased; may be below 0, as any unbiased estimate of nothing.
    low, high : float
        Ends of its 95 % interval; the lower one is not below 0.
    """

    variance: float
    low: float
    high: float

    @property
    def deviations(self) -> tuple[float, float, float]:
        """Estimate and interval as standard deviations; of a variance below 0 it is 0."""
        sd, low, high = (
            math.sqrt(max(0.0, value)) for value in (self.variance, self.low, self.high)
        )
        return sd, low, high


def training_spread(difference: NDArray[np.float64]) -> TrainingSpread | None:
    """Estimate how much a difference varies between trainings.

    Parameters
    ----------
    difference : ndarray of float64, shape (n_seeds, n_subjects)

    Returns
    -------
    TrainingSpread or None
        None with fewer than three trainings or two subjects.

    References
    ----------
    Ting, Burdick, Graybill, Jeyaratnam and Lu 1990, Confidence intervals on linear combinations of
    variance components that are unrestricted in sign (the interval); the estimate is that of a
    two-way analysis of variance.
    """
    n_seeds, n_subjects = difference.shape
    if n_seeds < LEAST_TRAININGS or n_subjects < LEAST_SUBJECTS:
        return None
    by_seed = difference.mean(axis=1)
    rest = difference - by_seed[:, None] - difference.mean(axis=0) + difference.mean()
    freedom = n_seeds - 1, (n_seeds - 1) * (n_subjects - 1)
    squares = n_subjects * by_seed.var(ddof=1), (rest**2).sum() / freedom[1]
    low, high = _reaches(squares, freedom, (1 - LEVEL) / 2)
    variance = (squares[0] - squares[1]) / n_subjects
    return TrainingSpread(
        float(variance),
        max(0.0, float(variance - low / n_subjects)),
        max(0.0, float(variance + high / n_subjects)),
    )


def _reaches(
    squares: tuple[float, float], freedom: tuple[int, int], tail: float
) -> tuple[float, float]:
    """Say how far the interval of a difference of two mean squares reaches down and up.

    In the notation of the source: G and H of each mean square alone, and of both together.
    """
    first, second = squares
    g1 = 1 - freedom[0] / chi2.isf(tail, freedom[0])
    h1 = freedom[0] / chi2.ppf(tail, freedom[0]) - 1
    g2 = 1 - freedom[1] / chi2.isf(tail, freedom[1])
    h2 = freedom[1] / chi2.ppf(tail, freedom[1]) - 1
    upper, lower = f.isf(tail, *freedom), f.ppf(tail, *freedom)
    g12 = ((upper - 1) ** 2 - (g1 * upper) ** 2 - h2**2) / upper
    h12 = ((1 - lower) ** 2 - (h1 * lower) ** 2 - g2**2) / lower
    down = (g1 * first) ** 2 + (h2 * second) ** 2 + g12 * first * second
    up = (h1 * first) ** 2 + (g2 * second) ** 2 + h12 * first * second
    return math.sqrt(max(0.0, down)), math.sqrt(max(0.0, up))
