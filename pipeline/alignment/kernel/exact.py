"""Inner scores of single alphas in float64, from the predictions themselves: for second looks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.correlations import TruePatterns, correlate, true_patterns
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.ridge import decomposed
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two


def hat_matrix(
    gram: NDArray[np.float64], crossed: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    """Return ``K_test,train (K_train + penalty I)⁻¹`` from one Cholesky factor.

    For few alphas: a seventh of an eigendecomposition's time each.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_train, n_train)
        ``K_train``.
    crossed : ndarray of float64, shape (n_test, n_train)
        ``K_test,train``.
    penalty : float
        Absolute, above 0.

    Returns
    -------
    ndarray of float64, shape (n_test, n_train)
    """
    damped = gram.copy()
    damped[np.diag_indices_from(damped)] += penalty
    try:
        # the matrix is symmetric: its transpose is what LAPACK takes without another copy
        factor = scipy.linalg.cho_factor(damped.T, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:  # a penalty that rounding of the kernel exceeds
        return decomposed(gram, crossed, scale=1.0).hat(penalty)
    hat: NDArray[np.float64] = scipy.linalg.cho_solve(factor, crossed.T, check_finite=False).T
    return hat


class ExactScores:
    """Scores of one source's predictions of targets, alpha by alpha; what they share is kept.

    Parameters
    ----------
    source : Grams
    targets : mapping of str to Grams
    train : ndarray of int, shape (n_train,)
        Outer training rows.
    folds : tuple of Fold
        Inner folds: positions within ``train``.
    """

    def __init__(
        self,
        source: Grams,
        targets: Mapping[str, Grams],
        train: NDArray[np.int64],
        folds: tuple[Fold, ...],
    ) -> None:
        rows = [(train[fold.train], train[fold.test]) for fold in folds]

        parts = [
            (source.kernel[np.ix_(fitted, fitted)], source.kernel[np.ix_(held_out, fitted)])
            for fitted, held_out in rows
        ]

        @cache
        def hats(penalty: float) -> list[NDArray[np.float64]]:
            return [hat_matrix(*of_fold, penalty) for of_fold in parts]

        @cache
        def true(target: str) -> list[TruePatterns]:
            return [true_patterns(targets[target].patterns, *of_fold) for of_fold in rows]

        self._hats, self._true = hats, true

    def of(self, target: str, penalty: float) -> NDArray[np.float64]:
        """Return mean 2v2 accuracy and mean correlation over inner folds, shape (2,)."""
        pairs = zip(self._hats(penalty), self._true(target), strict=True)
        R = [correlate(hat, true) for hat, true in pairs]
        scores = [(two_vs_two(one), mean_correlation(one)) for one in R]
        mean: NDArray[np.float64] = np.array(scores, dtype=np.float64).mean(axis=0)
        return mean
