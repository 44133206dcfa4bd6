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
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two


def hat_matrix(
    kernel: NDArray[np.float64],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    penalty: float,
) -> NDArray[np.float64]:
    """Return ``K_test,train (K_train + penalty I)⁻¹`` from one Cholesky factor.

    For few alphas: a seventh of an eigendecomposition's time each.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n_stimuli, n_stimuli)
    train, test : ndarray of int, shapes (n_train,) and (n_test,)
    penalty : float
        Absolute, above 0.

    Returns
    -------
    ndarray of float64, shape (n_test, n_train)
    """
    damped = kernel[np.ix_(train, train)]
    damped[np.diag_indices_from(damped)] += penalty
    crossed = kernel[np.ix_(train, test)]
    try:
        factor = scipy.linalg.cho_factor(damped, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:  # a penalty that rounding of the kernel exceeds
        ridge = factorise(kernel, train, test)
        hat: NDArray[np.float64] = ridge.hat(penalty / ridge.scale)
        return hat
    solved = scipy.linalg.cho_solve(factor, crossed, overwrite_b=True, check_finite=False)
    return np.ascontiguousarray(solved.T)


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

        @cache
        def hats(penalty: float) -> list[NDArray[np.float64]]:
            return [hat_matrix(source.kernel, *of_fold, penalty) for of_fold in rows]

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
