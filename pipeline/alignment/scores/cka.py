"""Debiased linear centred kernel alignment (CKA) of features and responses.

With the unbiased estimator of HSIC (Song et al. 2012), so that few stimuli and many columns do not
look alike by themselves (Nguyen, Raghu and Kornblith 2021). Nothing is fitted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.scores.fit import Fit


def cka(fit: Fit) -> float:
    """Return the debiased linear CKA over test stimuli: 0 for unrelated, 1 for equal geometry."""
    return debiased_cka(fit.features.kernel, fit.responses.kernel)


def debiased_cka(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Compare two kernels over the same stimuli.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_stimuli, n_stimuli)
        Linear kernels; they need not be centred.

    Returns
    -------
    float
        May be below 0, as any unbiased estimate of 0. 0 where a kernel shows no structure of its
        own beyond what noise would, and with fewer than 4 stimuli, of which none can be told.
    """
    if len(first) < 4:
        return 0.0
    own = unbiased_hsic(first, first), unbiased_hsic(second, second)
    if min(own) <= 0:
        return 0.0
    return unbiased_hsic(first, second) / float(np.sqrt(own[0] * own[1]))


def unbiased_hsic(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Estimate the Hilbert-Schmidt independence criterion without bias.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_stimuli, n_stimuli)
        At least 4 stimuli.
    """
    n = len(first)
    k, m = first.copy(), second.copy()
    np.fill_diagonal(k, 0.0)
    np.fill_diagonal(m, 0.0)
    sums_k, sums_m = k.sum(axis=1), m.sum(axis=1)
    total = np.vdot(k, m) + sums_k.sum() * sums_m.sum() / ((n - 1) * (n - 2))
    return float((total - 2 / (n - 2) * np.vdot(sums_k, sums_m)) / (n * (n - 3)))
