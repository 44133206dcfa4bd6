"""Voxels that are predicted above chance, with the false discovery rate over a brain held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

#: Share of false positives among the voxels that are called predicted.
RATE = 0.05


def predicted_voxels(
    r: NDArray[np.floating], n_groups: Sequence[int], rate: float = RATE
) -> NDArray[np.bool_]:
    """Test r of every voxel against zero, one-sided, and correct by Benjamini and Hochberg (1995).

    Parameters
    ----------
    r : ndarray of float, shape (n_folds, n_voxels)
    n_groups : sequence of int
        Stimulus groups among the test stimuli of each fold. Each counts as one observation, for
        stimuli that share a group are not independent: fewer voxels pass than if each stimulus did.
    rate : float

    Returns
    -------
    ndarray of bool, shape (n_voxels,)
        Folds are combined by Fisher's z, weighted by ``n_groups - 3``; none passes where no fold
        has more than three groups.
    """
    weights = np.maximum(0, np.asarray(n_groups) - 3).astype(np.float64)
    if not weights.any():
        return np.zeros(r.shape[1], dtype=bool)
    z = np.arctanh(np.clip(r, -0.999999, 0.999999))
    combined = weights @ z / np.sqrt(weights.sum())
    passed: NDArray[np.bool_] = false_discovery_control(norm.sf(combined)) <= rate
    return passed
