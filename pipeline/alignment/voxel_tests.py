"""Voxels that are predicted above chance, or differently by two models, under a rate of errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

#: Share of false positives among the voxels that are called predicted.
RATE = 0.05


def predicted_voxels(r: NDArray[np.floating], n_groups: Sequence[int]) -> NDArray[np.bool_]:
    """Test r of every voxel against zero, one-sided, and correct by Benjamini and Hochberg (1995).

    Parameters
    ----------
    r : ndarray of float, shape (n_folds, n_voxels)
    n_groups : sequence of int
        Stimulus groups among the test stimuli of each fold. Each counts as one observation, for
        stimuli that share a group are not independent: fewer voxels pass than if each stimulus did.

    Returns
    -------
    ndarray of bool, shape (n_voxels,)
        Folds are combined by Fisher's z, weighted by ``n_groups - 3``; none passes where no fold
        has more than three groups.
    """
    z, weight = fisher_z(r, n_groups)
    return _passing(norm.sf(z * np.sqrt(weight)), weight)


def differing_voxels(
    z_a: NDArray[np.floating], z_b: NDArray[np.floating], weight: float
) -> NDArray[np.bool_]:
    """Test whether two models predict a voxel differently, two-sided, corrected as above.

    Parameters
    ----------
    z_a, z_b : ndarray of float, shape (n_voxels,)
        From :func:`fisher_z`, of two models of the same stimuli and folds.
    weight : float
        From there, too.

    Returns
    -------
    ndarray of bool, shape (n_voxels,)
        The variance of the difference is taken for that of independent correlations, ``2 /
        weight``. Those of one voxel with two models' predictions go together, which makes it
        smaller: fewer voxels pass than could.
    """
    combined = np.abs(z_a - z_b) * np.sqrt(weight / 2)
    return _passing(2 * norm.sf(combined), weight)


def fisher_z(r: NDArray[np.floating], n_groups: Sequence[int]) -> tuple[NDArray[np.float64], float]:
    """Combine the correlations of folds by Fisher's z.

    Parameters
    ----------
    r, n_groups
        As for :func:`predicted_voxels`.

    Returns
    -------
    z : ndarray of float64, shape (n_voxels,)
        Mean over folds, weighted by ``n_groups - 3``; 0 where no fold has more than three groups.
    weight : float
        Sum of the weights: the variance of z is one over it.
    """
    weights = np.maximum(0, np.asarray(n_groups) - 3).astype(np.float64)
    z = np.arctanh(np.clip(r, -0.999999, 0.999999))
    return weights @ z / max(1.0, weights.sum()), float(weights.sum())


def _passing(p: NDArray[np.float64], weight: float) -> NDArray[np.bool_]:
    if not weight:
        return np.zeros(len(p), dtype=bool)
    passed: NDArray[np.bool_] = false_discovery_control(p) <= RATE
    return passed
