"""Gram matrices over stimuli: all that ridge and 2v2 need to know of features or voxels.

One pass over the columns of an array gives, for every fold, both what it predicts with (``kernel``)
and what it is compared by (``patterns``); everything later costs the same for a hundred voxels as
for 200,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.backends import NUMPY, Backend, BackendArray
from pipeline.alignment.columns import Columns, column_blocks
from pipeline.alignment.threads import Map, workers
from pipeline.words import Similarity


@dataclass(frozen=True)
class Grams:
    """Inner products between all stimuli of one array, z-scored for one fold.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n_stimuli, n_stimuli)
        ``Z Zᵀ``: what ridge predicts from.
    patterns : ndarray of float64, shape (n_stimuli, n_stimuli)
        ``Zc Zcᵀ``, rows centred over columns (Pearson), or ``Z Zᵀ`` (cosine): what predicted and
        true patterns are correlated by.
    backend : Backend
        The library whose arrays both are, and their device.
    """

    kernel: NDArray[np.float64]
    patterns: NDArray[np.float64]
    backend: Backend = NUMPY

    def on(self, backend: Backend) -> Grams:
        """Copy them from numpy to a device."""
        return Grams(backend.put(self.kernel), backend.put(self.patterns), backend)

    def varies(self, train: NDArray[np.int64]) -> bool:
        """Say whether any column varies over the training rows, ``train`` of shape (n_train,)."""
        return bool(self._diagonal(self.kernel)[train].max() > 0)

    def squares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return squared norms of all patterns as they are compared, and before any centring.

        Each of shape (n_stimuli,).
        """
        return self._diagonal(self.patterns), self._diagonal(self.kernel)

    def _diagonal(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.backend.get(self.backend.xp.linalg.diagonal(matrix))


RoisByFold = tuple[Mapping[str, Grams], ...]
FormGrams = Callable[[Mapping[str, Columns], Sequence[NDArray[np.int64]], Similarity], RoisByFold]


def gram_matrices(
    values: Columns, train: NDArray[np.int64], similarity: Similarity = "pearson"
) -> Grams:
    """Form both Gram matrices for one set of training rows: see :func:`grams_of_folds`.

    Parameters
    ----------
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_columns)
    train : ndarray of int, shape (n_train,)
        Rows that give mean and standard deviation.
    similarity : {'pearson', 'cosine'}
    """
    return grams_of_folds(values, [train], similarity, map)[0]


def grams_of_folds(
    values: Columns,
    trains: Sequence[NDArray[np.int64]],
    similarity: Similarity,
    in_parallel: Map,
) -> list[Grams]:
    """Z-score columns by each fold's training rows and form its Gram matrices, in one pass.

    A column that is constant over the training rows carries nothing that could be learned: it
    becomes 0 in all rows. The row means of different blocks of columns are merged as in Chan,
    Golub and LeVeque (1983), so that no large number is subtracted from another and
    ``Zc Zcᵀ`` keeps its digits even where all columns share one strong signal.

    Parameters
    ----------
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_columns)
        Features or responses; read and converted to float64 block by block.
    trains : sequence of ndarray of int, shape (n_train,)
        Rows that give mean and standard deviation, fold by fold.
    similarity : {'pearson', 'cosine'}
    in_parallel : callable
        ``map``, or that of :func:`workers`: folds are worked on side by side.

    Returns
    -------
    list of Grams
        One for each fold. They do not depend on ``in_parallel``.
    """
    sums = [_FoldSum(values.shape[0], train) for train in trains]
    for _, block in column_blocks(values):
        list(in_parallel(partial(_FoldSum.add, block=block.astype(np.float64)), sums))
    return list(in_parallel(partial(_FoldSum.grams, similarity=similarity), sums))


def grams_by_fold(
    responses: Mapping[str, Columns], trains: Sequence[NDArray[np.int64]], similarity: Similarity
) -> RoisByFold:
    """Form the Gram matrices of every ROI, each in one pass.

    Parameters
    ----------
    responses : mapping of ROI to array, shape (n_stimuli, n_voxels)
    trains : sequence of ndarray of int64, shape (n_train,)
        Training rows of each fold.
    similarity : {'pearson', 'cosine'}

    Returns
    -------
    tuple of dict of ROI to Grams
        Fold by fold.
    """
    with workers() as in_parallel:
        rois = {
            roi: grams_of_folds(values, trains, similarity, in_parallel)
            for roi, values in responses.items()
        }
    return fold_by_fold(rois, len(trains))


def fold_by_fold(rois: Mapping[str, Sequence[Grams]], n_folds: int) -> RoisByFold:
    """Turn the Gram matrices of each ROI's folds into those of each fold's ROIs."""
    return tuple({roi: grams[n] for roi, grams in rois.items()} for n in range(n_folds))


class _FoldSum:
    """What one fold has summed over the blocks of columns seen so far, training rows first."""

    def __init__(self, n_stimuli: int, train: NDArray[np.int64]) -> None:
        self.order = _train_first(n_stimuli, train)
        self.n_train = len(train)
        self.within = np.zeros((n_stimuli, n_stimuli))
        self.means: list[NDArray[np.float64]] = []
        self.sizes: list[int] = []

    def add(self, block: NDArray[np.float64]) -> None:
        z = z_scored_first(block[self.order], self.n_train)
        mean = z.mean(axis=1)
        z -= mean[:, None]
        self.within += z @ z.T
        self.means.append(mean)
        self.sizes.append(z.shape[1])

    def grams(self, similarity: Similarity) -> Grams:
        means, sizes = np.column_stack(self.means), np.array(self.sizes, dtype=np.float64)
        merged = merge(self.within, means, sizes, similarity)
        kernel = self._in_place(merged.kernel)
        alike = merged.patterns is merged.kernel
        return Grams(kernel, kernel if alike else self._in_place(merged.patterns))

    def _in_place(self, ordered: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.argsort(self.order)
        matrix: NDArray[np.float64] = ordered[np.ix_(place, place)]
        return matrix


def z_scored(block: NDArray[np.floating], train: NDArray[np.int64]) -> NDArray[np.float64]:
    """Z-score columns by the mean and standard deviation of the training rows.

    Parameters
    ----------
    block : ndarray of float, shape (n_stimuli, n_columns)
    train : ndarray of int, shape (n_train,)

    Returns
    -------
    ndarray of float64, shape (n_stimuli, n_columns)
        A column that is constant over the training rows is 0 in all rows.
    """
    order = _train_first(len(block), train)
    rows = np.empty(block.shape)
    rows[order] = z_scored_first(block[order].astype(np.float64), len(train))
    return rows


def _train_first(n_stimuli: int, train: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order rows so that those which are fitted are one slice: no copy for every mean."""
    others = np.ones(n_stimuli, dtype=bool)
    others[train] = False
    return np.concatenate([train, np.flatnonzero(others)])


def z_scored_first(rows: NDArray[np.float64], n_train: int) -> NDArray[np.float64]:
    """Z-score a fresh copy, in place, by its first ``n_train`` rows.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_stimuli, n_columns)
        Is changed.
    n_train : int
    """
    fitted = rows[:n_train]
    mean = fitted.mean(axis=0)
    rows -= mean
    deviation = np.sqrt(np.einsum("ij,ij->j", fitted, fitted) / n_train)
    # The mean of n equal numbers is off by up to n rounding errors, and leaves that much behind.
    varies = deviation > n_train * np.finfo(np.float64).eps * np.abs(mean)
    rows *= np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
    return rows


def merge(
    within: BackendArray,
    means: BackendArray,
    sizes: BackendArray,
    similarity: Similarity,
    backend: Backend = NUMPY,
) -> Grams:
    """Merge what blocks of columns have summed about their own row means.

    Parameters
    ----------
    within : array of float64, shape (n_stimuli, n_stimuli)
        Products of rows less their means over a block, summed over blocks.
    means : array of float64, shape (n_stimuli, n_blocks)
    sizes : array of float64, shape (n_blocks,)
        Columns of each block.
    similarity : {'pearson', 'cosine'}
    backend : Backend
        Whose arrays these are.
    """
    kernel = within + _outer(means, sizes)
    if similarity == "cosine":
        return Grams(kernel, kernel, backend)
    overall = means @ sizes / sizes.sum()
    return Grams(kernel, within + _outer(means - overall[:, None], sizes), backend)


def _outer(means: BackendArray, sizes: BackendArray) -> BackendArray:
    weighted = means * sizes**0.5
    return weighted @ weighted.T
