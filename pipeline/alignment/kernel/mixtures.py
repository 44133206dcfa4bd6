"""Mixtures: the poles of many alphas from as few functions as a precision can tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Mixtures leave out what is smaller than this many rounding errors.
LEFT_OUT = 2


def mixed_poles(
    poles: NDArray[np.float64], projected: NDArray[np.float64], eps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Write the poles of all alphas as mixtures of as few functions as their precision allows.

    Parameters
    ----------
    poles : ndarray of float64, shape (rank, n_alphas)
        ``1 / (μ + α)``.
    projected : ndarray of float64, shape (n_held_out, rank)
        How much each eigenvector weighs in predictions.
    eps : float
        Rounding of the products that will take the functions' place.

    Returns
    -------
    mixtures, functions : ndarray of float64, shapes (n_alphas, n_mixed) and (n_mixed, rank)
        Their product is ``poles.T``, but for what was left out.
    """
    weights = np.sqrt(np.mean(projected**2, axis=0))
    weights = np.maximum(weights, 1e-8 * weights.max(initial=np.finfo(np.float64).tiny))
    weighted = (poles * weights[:, None]).T
    sizes = np.linalg.norm(weighted, axis=1, keepdims=True)
    sizes[sizes == 0] = 1.0
    left, values, right = np.linalg.svd(weighted / sizes, full_matrices=False)
    large = values > LEFT_OUT * eps
    mixtures = sizes * left[:, large] * values[large]
    return mixtures, right[large] / weights
