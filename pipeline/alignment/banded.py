"""Banded ridge: a penalty of its own for each band, chosen voxel by voxel inside training folds.

Bands are kernels over stimuli. Ridge on their weighted sum ``Σ γ_b K_b`` with penalty alpha is
ridge with a penalty ``alpha / γ_b`` for each band (Nunez-Elizalde, Huth and Gallant 2019); as in
himalaya, shares γ and alpha are chosen for every voxel by the mean R² over inner folds. R² of two
bands together and of each alone is parted into what is unique to either and what both share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.scores.fit import Partition

Array = NDArray[np.float64]

#: Shares of the first of two bands that are tried; at 0 and 1 a band is left out.
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True)
class VoxelChoice:
    """What was chosen for each voxel inside the training fold.

    Parameters
    ----------
    shares : ndarray of int64, shape (n_voxels,)
        Positions among the shares tried.
    alphas : ndarray of int64, shape (n_voxels,)
        Positions among the alphas tried.
    """

    shares: NDArray[np.int64]
    alphas: NDArray[np.int64]


def partition_r2(
    model: Array, nuisance: Array, responses: Array, fold: NestedFold, alphas: Array
) -> Partition:
    """Partition R² in one outer fold.

    Parameters
    ----------
    model, nuisance : ndarray of float64, shape (n_stimuli, n_stimuli)
        Kernels of z-scored features, scaled to a mean diagonal of 1 over the training stimuli.
    responses : ndarray of float64, shape (n_stimuli, n_voxels)
        Z-scored by the training stimuli.
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
    """
    kernels = np.stack([model, nuisance])

    def r2_at(shares: Sequence[float]) -> Array:
        weights = np.array([(share, 1 - share) for share in shares])
        return banded_r2(kernels, responses, fold, alphas, weights)

    return Partition(r2_at((1.0,)), r2_at((0.0,)), r2_at(SHARES))


def banded_r2(
    kernels: Array, responses: Array, fold: NestedFold, alphas: Array, weights: Array
) -> Array:
    """Score banded ridge over the test stimuli, shares and alpha chosen inside the training fold.

    Parameters
    ----------
    kernels : ndarray of float64, shape (n_bands, n_stimuli, n_stimuli)
    responses : ndarray of float64, shape (n_stimuli, n_voxels)
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        In units of the kernels' mean diagonal.
    weights : ndarray of float64, shape (n_shares, n_bands)
        The shares γ that are tried, each summing to 1.

    Returns
    -------
    ndarray of float64, shape (n_voxels,)
    """
    train = fold.outer.train
    inside = kernels[:, train[:, None], train]
    choice = choose_shares(inside, responses[train], fold.inner, alphas, weights)
    r2 = np.zeros(responses.shape[1])
    for place in np.unique(choice.shares):
        kernel = np.tensordot(weights[place], kernels, 1)
        own = choice.shares == place
        curve = _r2_curve(kernel, responses[:, own], fold.outer, alphas)
        r2[own] = curve[choice.alphas[own], np.arange(np.count_nonzero(own))]
    return r2


def choose_shares(
    kernels: Array, responses: Array, inner: Sequence[Fold], alphas: Array, weights: Array
) -> VoxelChoice:
    """Choose shares and alpha of every voxel by the mean R² over inner folds.

    Parameters
    ----------
    kernels : ndarray of float64, shape (n_bands, n_train, n_train)
    responses : ndarray of float64, shape (n_train, n_voxels)
    inner : sequence of Fold
    alphas, weights
        As for :func:`banded_r2`.
    """
    curves = np.stack(
        [
            np.mean([_r2_curve(kernel, responses, one, alphas) for one in inner], axis=0)
            for kernel in np.tensordot(weights, kernels, 1)
        ]
    )
    flat = curves.reshape(-1, responses.shape[1]).round(12)
    shares, places = np.divmod(flat.argmax(axis=0), len(alphas))
    return VoxelChoice(shares, places)


def _r2_curve(kernel: Array, responses: Array, fold: Fold, alphas: Array) -> Array:
    """R² over the test stimuli of a fold for every alpha and voxel, shape (n_alphas, n_voxels)."""
    ridge = factorise(kernel, fold.train, fold.test)
    predicted = ridge.hat(alphas / ridge.scale) @ responses[fold.train]
    true = responses[fold.test]
    total = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    missed = ((true - predicted) ** 2).sum(axis=1)
    r2: Array = 1 - np.divide(missed, total, out=np.ones_like(missed), where=total > 0)
    return r2
