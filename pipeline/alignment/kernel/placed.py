"""Gram matrices formed on a device, in the words of the array API standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.backends import Backend, BackendArray
from pipeline.alignment.columns import Columns, column_blocks
from pipeline.alignment.kernel.grams import FormGrams, Grams, RoisByFold, fold_by_fold, merge
from pipeline.words import Similarity


def forming_on(backend: Backend) -> FormGrams:
    """Return what :func:`pipeline.alignment.kernel.grams.grams_by_fold` is, on a device."""
    return partial(_by_fold, backend=backend)


def _by_fold(
    responses: Mapping[str, Columns],
    trains: Sequence[NDArray[np.int64]],
    similarity: Similarity,
    backend: Backend,
) -> RoisByFold:
    rois = {roi: placed_grams(y, trains, similarity, backend) for roi, y in responses.items()}
    return fold_by_fold(rois, len(trains))


def placed_grams(
    values: Columns,
    trains: Sequence[NDArray[np.int64]],
    similarity: Similarity,
    backend: Backend,
) -> list[Grams]:
    """Z-score columns by each fold's training rows and form its Gram matrices, in one pass.

    Parameters
    ----------
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_columns)
    trains : sequence of ndarray of int, shape (n_train,)
    similarity : {'pearson', 'cosine'}
    backend : Backend

    Returns
    -------
    list of Grams
        One for each fold: see :func:`pipeline.alignment.kernel.grams.grams_of_folds`.
    """
    sums = [_PlacedSum(values.shape[0], train, backend) for train in trains]
    for _, block in column_blocks(values):
        rows = backend.xp.astype(backend.put(block), backend.xp.float64)
        for of_fold in sums:
            of_fold.add(rows)
    return [of_fold.grams(similarity) for of_fold in sums]


class _PlacedSum:
    """What one fold has summed over blocks of columns, whose row means are merged at the end."""

    def __init__(self, n_stimuli: int, train: NDArray[np.int64], backend: Backend) -> None:
        self.backend, self.train = backend, backend.put(train)
        self.within = backend.put(np.zeros((n_stimuli, n_stimuli)))
        self.means: list[BackendArray] = []
        self.sizes: list[int] = []

    def add(self, rows: BackendArray) -> None:
        """Add a block of float64, shape (n_stimuli, n_columns)."""
        xp = self.backend.xp
        z = self._z_scored(rows)
        mean = xp.mean(z, axis=1)
        z = z - mean[:, None]
        self.within = self.within + z @ z.T
        self.means.append(mean)
        self.sizes.append(z.shape[1])

    def _z_scored(self, rows: BackendArray) -> BackendArray:
        xp = self.backend.xp
        fitted = xp.take(rows, self.train, axis=0)
        mean, deviation = xp.mean(fitted, axis=0), xp.std(fitted, axis=0)
        # the mean of n equal numbers is off by up to n rounding errors
        varies = deviation > len(self.train) * float(np.finfo(np.float64).eps) * xp.abs(mean)
        return xp.where(varies, (rows - mean) / xp.where(varies, deviation, 1.0), 0.0)

    def grams(self, similarity: Similarity) -> Grams:
        means = self.backend.xp.stack(self.means, axis=1)
        sizes = self.backend.put(np.array(self.sizes, dtype=np.float64))
        return merge(self.within, means, sizes, similarity, self.backend)
