"""Decoding from a ROI that no memory holds: one matrix over stimuli, and the layers' own columns.

The kernel of the ROI's voxels is summed block by block, in place. In an inner fold the fitted rows'
kernel is ``W diag(μ) Wᵀ``; ``K W / √μ`` are the held-out rows in the basis of as many columns as
there are fitted rows, so that the primal side scores what they predict. Layers are compared by
their columns, which are fewer than stimuli, and need no matrix over these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

from pipeline.alignment.columns import Columns
from pipeline.alignment.constant import no_variation
from pipeline.alignment.kernel.exact import hat_matrix
from pipeline.alignment.kernel.ridge import decomposed
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.curves import inner_curve
from pipeline.alignment.primal.inner_folds import PrimalFold
from pipeline.alignment.primal.split import RotatedRows, TargetSplit, rounding_of
from pipeline.alignment.primal.voxel_sums import RowOrder, ordered_blocks, rows_of
from pipeline.errors import AlignmentError

EPS = float(np.finfo(np.float64).eps)
# Rows of a kernel that are copied at a time.
ROWS_AT_ONCE = 512


def decode_wide_roi(
    targets: Mapping[str, FoldArray], roi: tuple[str, Columns], task: FoldTask
) -> list[PairScore]:
    """Predict every layer from one ROI in one outer fold, reading its voxels once.

    Parameters
    ----------
    targets : mapping of str to FoldArray
        Layers, each of fewer columns than training stimuli.
    roi : tuple of str and ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
        Its name, and its voxels.
    task : FoldTask

    Raises
    ------
    AlignmentError
        Nothing of the ROI varies over the training rows.

    Notes
    -----
    Holds ``n_stimuli²`` numbers in float64 throughout, and beside them at the most some four times
    the square of the rows that an inner fold fits, or twice that of the training rows.
    """
    (name, values), rows = roi, rows_of(task.fold)
    n = rows.n_train
    kernel = kernel_of(values, rows)
    scale = float(np.diagonal(kernel)[:n].mean())
    if not scale > 0:
        raise AlignmentError(no_variation(f"fold {task.number}, ROI {name}"))
    patterns = {layer: array.patterns()[rows.order] for layer, array in targets.items()}
    folds: dict[str, list[PrimalFold]] = {layer: [] for layer in targets}
    for part in rows.parts[1:]:
        for layer, fold in _inner_fold(kernel, part, n, patterns).items():
            folds[layer].append(fold)

    @cache  # layers often choose the same alpha
    def hat(alpha: float) -> NDArray[np.float64]:
        return hat_matrix(kernel[:n, :n], kernel[n:, :n], alpha * scale)

    def score(layer: str) -> PairScore:
        curve = np.round(inner_curve(folds[layer], task.alphas * scale, task.objective), 12)

        def correlations(alpha: float) -> NDArray[np.float64]:
            return _correlate(hat(alpha), patterns[layer][:n], patterns[layer][n:])

        return score_pair((name, layer), correlations, scale, task, curve)

    return [score(layer) for layer in targets]


def kernel_of(values: Columns, rows: RowOrder) -> NDArray[np.float64]:
    """Sum ``Z Zᵀ`` over voxels z-scored by the training rows, block by block and in place.

    Parameters
    ----------
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_voxels)
    rows : RowOrder

    Returns
    -------
    ndarray of float64, shape (n_stimuli, n_stimuli)
        In the order of the rows.
    """
    n_stimuli = len(rows.order)
    kernel = np.zeros((n_stimuli, n_stimuli), order="F")
    for block in ordered_blocks(values, rows):
        # one triangle, added to without a copy; BLAS takes the block column by column
        kernel = blas.dsyrk(1.0, block.T, 1.0, kernel, trans=1, lower=1, overwrite_c=1)
    for start in range(0, n_stimuli, ROWS_AT_ONCE):
        stop = start + ROWS_AT_ONCE
        block = np.tril(kernel[start:stop, start:stop])
        kernel[start:stop, start:stop] = block + np.tril(block, -1).T
        kernel[start:stop, stop:] = kernel[stop:, start:stop].T
    return kernel


def _inner_fold(
    kernel: NDArray[np.float64],
    part: slice,
    n_train: int,
    patterns: Mapping[str, NDArray[np.float64]],
) -> dict[str, PrimalFold]:
    """Decompose the kernel of what an inner fold fits, and bring every layer to its basis."""
    held_out = np.arange(part.start, part.stop)
    fitted = np.setdiff1d(np.arange(n_train), held_out)
    ridge = decomposed(kernel[np.ix_(fitted, fitted)], kernel[part][:, fitted], scale=1.0)
    used = ridge.eigenvalues > len(fitted) * EPS * ridge.eigenvalues.max(initial=0.0)
    roots = np.sqrt(ridge.eigenvalues[used])
    source = RotatedRows(held_out, ridge.eigenvalues[used], ridge.predicted[:, used] / roots)
    basis = ridge.fitted[:, used] * roots

    def of_layer(own: NDArray[np.float64]) -> PrimalFold:
        loadings = basis.T @ own[fitted]
        return PrimalFold(source, TargetSplit(loadings, _unit(own[part]), rounding_of(own[fitted])))

    return {layer: of_layer(own) for layer, own in patterns.items()}


def _correlate(
    hat: NDArray[np.float64], fitted: NDArray[np.float64], true: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate what a hat matrix predicts with true patterns, shape (n_test, n_test)."""
    predicted = hat @ fitted
    squares = np.einsum("ij,ij->i", predicted, predicted)
    noise = rounding_of(fitted) * np.einsum("ij,ij->i", hat, hat)
    predicted /= np.sqrt(np.where(squares > noise, squares, np.inf))[:, None]
    R: NDArray[np.float64] = predicted @ _unit(true).T
    return R


def _unit(patterns: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.sqrt(np.einsum("ij,ij->i", patterns, patterns))
    unit: NDArray[np.float64] = patterns / lengths[:, None]
    return unit
