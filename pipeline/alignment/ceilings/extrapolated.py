"""The ceiling of infinitely many other subjects, extrapolated from pools of few.

The score that n others reach saturates as n grows: ``v(n) = v (1 - exp(-n / tau))`` above chance,
fitted by least squares. ``v`` is the ceiling of Schrimpf et al. (2021), as brain-score computes it:
what a model of all that subjects share would reach. All others there are give a lower bound.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pipeline.words import ACROSS_SUBJECTS, EXTRAPOLATED

#: Decays exp(-1 / tau) that are tried.
DECAYS = np.linspace(0.0, 0.999, 2000)
#: Chance of each score that is extrapolated; none goes above 1.
CHANCE = {"two_vs_two": 0.5, "correlation": 0.0}
MOST = 1.0


def extrapolate(n_others: ArrayLike, scores: ArrayLike, chance: float) -> float:
    """Extrapolate a score to infinitely many other subjects.

    Parameters
    ----------
    n_others : array_like of int, shape (n_pools,)
        Subjects in each pool, of at least two sizes.
    scores : array_like of float, shape (n_pools,)
        What each pool reaches.
    chance : float
        What no subjects reach.

    Returns
    -------
    float
        From chance to 1. Scores that do not saturate, as those of few and noisy subjects, give 1:
        nothing else bounds them.
    """
    sizes, above = np.asarray(n_others, dtype=float), np.asarray(scores, dtype=float) - chance
    reached = 1 - DECAYS[:, None] ** sizes
    fitted = (reached @ above) / (reached**2).sum(axis=1)
    limits = np.clip(fitted, 0.0, MOST - chance)
    errors = ((limits[:, None] * reached - above) ** 2).sum(axis=1)
    return float(chance + limits[errors.argmin()])


def extrapolated_ceilings(pools: pd.DataFrame) -> pd.DataFrame:
    """Extrapolate the ceiling of every ROI from the means over subjects of pools of each size.

    Parameters
    ----------
    pools : DataFrame
        subject, roi, n_others, two_vs_two and correlation, a row for each pool of other subjects.

    Returns
    -------
    DataFrame
        kind, subject, roi, two_vs_two, correlation: one number a ROI, which stands at all of its
        subjects, never below what all others reach. None for ROIs with pools of one size only.
    """
    rows = []
    for roi, own in pools.groupby("roi", sort=False):
        means = own.groupby("n_others")[list(CHANCE)].mean()
        if len(means) < 2:
            continue
        upper = {
            score: max(extrapolate(means.index, means[score], chance), means[score].iloc[-1])
            for score, chance in CHANCE.items()
        }
        rows += [
            {"kind": EXTRAPOLATED, "subject": subject, "roi": roi, **upper}
            for subject in own.subject.unique()
        ]
    return pd.DataFrame(rows)


def lower_bounds(pools: pd.DataFrame) -> pd.DataFrame:
    """Keep the largest pool of each subject and ROI: all others there are."""
    largest = pools.groupby(["subject", "roi"]).n_others.transform("max")
    return pools[pools.n_others == largest].assign(kind=ACROSS_SUBJECTS)
