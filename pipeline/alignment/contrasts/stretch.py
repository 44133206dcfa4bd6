"""The width that an interval over subjects and groups needs: a bootstrap of its statistic.

The variance of a mean over subjects and stimulus groups is a sum and difference of mean squares,
kept from falling below one of them, and its degrees of freedom are estimated from the same. Where
few subjects hardly differ, a t interval is then wider than need be. So the statistic is drawn from
normal numbers with the parts of variance that were found, and the interval is as wide as these need
it. The part of subjects is known least of all, from two or eight degrees of freedom: in the draws
it is twice what was found, with which intervals also hold where subjects differ much.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit
from scipy.stats import chi2

from pipeline.alignment.contrasts.components import VarianceParts, variance_of

#: Draws of each part: so many quantiles of its distribution, in an order of their own.
N_DRAWN = 1_000
#: Standard deviations within which more than 95 % of normal numbers lie.
BEYOND = 6.0
#: The part of subjects in the draws, by what was found; chosen on simulated studies.
SUBJECTS_DRAWN = 2.0
#: Shares of the variance that are none.
NEGLIGIBLE = 1e-9
LEVEL = 0.95


def stretch(parts: VarianceParts, freedom: float) -> float:
    """Say by what a t interval has to be multiplied to hold at the 95 % level.

    Parameters
    ----------
    parts : VarianceParts
        Of several subjects.
    freedom : float
        Degrees of freedom of the t interval.

    Returns
    -------
    float
        1 where a single part is all there is: then the statistic has a t distribution.
    """
    several = sum(part.variance for part in parts) * NEGLIGIBLE
    if sum(part.variance > several for part in parts) < 2:
        return 1.0
    both = parts.both.variance
    # the mean squares of subjects and of groups hold that of both
    supposed = (
        max(SUBJECTS_DRAWN * parts.subject.variance, both),
        max(parts.group.variance, both),
        both,
        parts.training.variance,
    )
    drawn = [
        variance * _draws(part.freedom, number)
        for number, (variance, part) in enumerate(zip(supposed, parts, strict=True))
    ]
    true = supposed[0] + supposed[1] - both + supposed[3]
    spread = np.sqrt(true / variance_of(*drawn))
    return _quantile(spread) / float(stdtrit(freedom, 0.5 + LEVEL / 2))


@lru_cache(maxsize=64)
def _draws(freedom: float, number: int) -> NDArray[np.float64]:
    """Draw mean squares whose mean is 1: evenly over their distribution, in a random order."""
    if math.isinf(freedom):
        return np.ones(N_DRAWN)
    places = (np.arange(N_DRAWN) + 0.5) / N_DRAWN
    values: NDArray[np.float64] = chi2.ppf(places, freedom) / freedom
    return np.random.default_rng(number).permutation(values)


def _quantile(spread: NDArray[np.float64]) -> float:
    """Find within what 95 % of normal numbers lie, each with one of these standard deviations."""

    def excess(reach: float) -> float:
        return float(np.mean(2 * ndtr(reach / spread) - 1)) - LEVEL

    return float(brentq(excess, 0.0, BEYOND * float(spread.max())))
