"""Maps of voxels: Pearson r and R² between predicted and true responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, column_blocks
from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import z_scored


@dataclass(frozen=True)
class VoxelMaps:
    """How well each voxel is predicted in each fold.

    Parameters
    ----------
    r : ndarray of float64, shape (n_folds, n_voxels)
        Pearson correlation of predicted with true responses over the test stimuli of one fold.
    r2 : ndarray of float64, shape (n_folds, n_voxels)
        1 - (squared error) / (squared deviation from the mean of the test stimuli); negative
        where that mean predicts better.
    """

    r: NDArray[np.float64]
    r2: NDArray[np.float64]

    @property
    def mean_r(self) -> NDArray[np.float64]:
        """Mean of r over folds, shape (n_voxels,)."""
        mean: NDArray[np.float64] = self.r.mean(axis=0)
        return mean

    @property
    def mean_r2(self) -> NDArray[np.float64]:
        """Mean of R² over folds, shape (n_voxels,)."""
        mean: NDArray[np.float64] = self.r2.mean(axis=0)
        return mean


def map_voxels(
    hats: Sequence[NDArray[np.float64]], responses: Columns, folds: Sequence[Fold]
) -> VoxelMaps:
    """Predict every voxel in every fold and score it over the fold's test stimuli.

    Parameters
    ----------
    hats : sequence of ndarray of float64, shape (n_test, n_train)
        Ridge hat matrices, one for each fold.
    responses : ndarray of float or VoxelColumns, shape (n_stimuli, n_voxels)
        May be mapped from a file: each block of voxels is read once, and only that block is ever
        converted to float64.
    folds : sequence of Fold

    Returns
    -------
    VoxelMaps
        Never NaN. 0, for both r and R², where there is nothing to correlate: a voxel that is
        constant over the training stimuli or over the test stimuli of a fold. r is also 0 where
        the prediction is constant over the test stimuli.

    Notes
    -----
    r and R² are computed within each fold and averaged over folds, never over predictions pooled
    from all folds: the mean of the training stimuli, which every fold adds to its predictions, is
    low where the mean of its test stimuli is high, so that pooled predictions of a useless model
    correlate negatively with the truth.

    Costs, for each voxel, ``2 n_test n_train`` operations a fold and one pass of z-scoring.
    """
    n_voxels = responses.shape[1]
    maps = VoxelMaps(np.empty((len(folds), n_voxels)), np.empty((len(folds), n_voxels)))
    for voxels, block in column_blocks(responses):
        for number, (fold, hat) in enumerate(zip(folds, hats, strict=True)):
            z = z_scored(block, fold.train)
            predicted, true = hat @ z[fold.train], z[fold.test]
            maps.r[number, voxels] = column_correlations(predicted, true)
            maps.r2[number, voxels] = _explained(predicted, true)
    return maps


def column_correlations(
    predicted: NDArray[np.float64], true: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate each predicted column with the true one.

    Parameters
    ----------
    predicted, true : ndarray of float64, shape (n_test, n_voxels)

    Returns
    -------
    ndarray of float64, shape (n_voxels,)
        Pearson's r; 0 where either column is constant.
    """
    p, p_square = _centred(predicted)
    t, t_square = _centred(true)
    product = np.einsum("ij,ij->j", p, t)
    norms = np.sqrt(p_square * t_square)
    r: NDArray[np.float64] = np.zeros_like(product)
    np.divide(product, norms, out=r, where=norms > 0)
    return r


def _explained(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """R² of columns, shape (n_voxels,); 0 where the true column is constant."""
    _, total = _centred(true)
    missed = true - predicted
    residual = np.einsum("ij,ij->j", missed, missed)
    r2: NDArray[np.float64] = np.zeros_like(total)
    np.divide(total - residual, total, out=r2, where=total > 0)
    return r2


def _centred(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return columns less their means, and their squares: exactly 0 where that is rounding."""
    centred = columns - columns.mean(axis=0)
    squares = np.einsum("ij,ij->j", centred, centred)
    raw = np.einsum("ij,ij->j", columns, columns)
    rounding = (len(columns) * np.finfo(np.float64).eps) ** 2
    return centred, np.where(squares > rounding * raw, squares, 0.0)
