"""Inner scores of one source and one target on the primal side, exact wherever alpha hangs on them.

Where many rows are held out, all alphas are scored in float32; those that may be the best are
scored again in float64. The best is always among these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.decided import AlphaScores, candidates
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two
from pipeline.words import Objective

# Held-out rows from which float32 saves more than bounds and second looks cost.
SINGLE_FROM = 400
# Bytes of the correlations that are held at a time: few enough to stay in cache.
BLOCK_BYTES = 2**19


class InnerFold(Protocol):
    """One source and one target, with some rows fitted and others held out."""

    @property
    def n_rows(self) -> int:
        """Rows that are held out."""

    def bounded(self, penalties: NDArray[np.float64]) -> AlphaScores:
        """Score every penalty in float32, with bounds."""

    def exact(self, penalties: NDArray[np.float64]) -> NDArray[np.float64]:
        """2v2 and mean correlation for every penalty, shape (2, n_penalties)."""


def inner_curve(
    folds: Sequence[InnerFold], penalties: NDArray[np.float64], objective: Objective
) -> NDArray[np.float64]:
    """Average 2v2 and correlation over inner folds, for every alpha.

    Parameters
    ----------
    folds : sequence of InnerFold
    penalties : ndarray of float64, shape (n_alphas,)
        Absolute.
    objective : {'two_vs_two', 'correlation'}
        The score that decides.

    Returns
    -------
    ndarray of float64, shape (2, n_alphas)
        2v2 accuracy and mean correlation. Those of alphas that may be the best are exact.
    """
    values: NDArray[np.float64]
    if min(fold.n_rows for fold in folds) < SINGLE_FROM:
        values = np.mean([fold.exact(penalties) for fold in folds], axis=0)
        return values
    scores = [fold.bounded(penalties) for fold in folds]
    values, errors = (
        np.mean([getattr(one, part) for one in scores], axis=0) for part in ("values", "errors")
    )
    best = np.flatnonzero(candidates(values, errors, objective))
    values[:, best] = np.mean([fold.exact(penalties[best]) for fold in folds], axis=0)
    return values


def exact_curve(
    correlations: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    penalties: NDArray[np.float64],
    n_rows: int,
) -> NDArray[np.float64]:
    """2v2 and mean correlation for every penalty, shape (2, n_penalties), a few R held at a time.

    Parameters
    ----------
    correlations : callable
        From some penalties to R, shape (n_some, n_rows, n_rows).
    penalties : ndarray of float64, shape (n_penalties,)
    n_rows : int
    """
    at_once = max(1, BLOCK_BYTES // (8 * n_rows**2))
    curves = []
    for start in range(0, len(penalties), at_once):
        R = correlations(penalties[start : start + at_once])
        curves.append([two_vs_two(R), mean_correlation(R)])
    return np.concatenate(curves, axis=1)
