"""Gram matrices over stimuli: all that ridge and 2v2 need to know of features or voxels.

One pass over the columns of an array gives, for every fold, both what it predicts with (``kernel``)
and what it is compared by (``patterns``); everything later costs the same for a hundred voxels as
for 200,000.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.backends import NUMPY, Backend
from pipeline.alignment.columns import Columns, VoxelColumns, column_blocks, forget_pages
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

    def scale(self, train: NDArray[np.int64]) -> float:
        """Return the mean eigenvalue of the training kernel, the unit of alpha."""
        return float(self._diagonal(self.kernel)[train].mean())

    def squares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return squared norms of all patterns as they are compared, and before any centring.

        Each of shape (n_stimuli,).
        """
        return self._diagonal(self.patterns), self._diagonal(self.kernel)

    def _diagonal(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.backend.get(self.backend.xp.linalg.diagonal(matrix))


RoisByFold = tuple[Mapping[str, Grams], ...]
FormGrams = Callable[[Mapping[str, Columns], Sequence[NDArray[np.int64]], Similarity], RoisByFold]
#: Four ROIs, ten folds and 627 stimuli take 0.25 GB.
MOST_BYTES = 2**30


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
    return tuple({roi: grams[n] for roi, grams in rois.items()} for n in range(len(trains)))


class SharedGrams:
    """Does what :func:`grams_by_fold` does, and has it ready the next time, as room allows.

    Responses are known by their content: reading it once is a hundredth of the work.

    Parameters
    ----------
    most_bytes : int
        Of all matrices together. Those that were not asked for the longest make room for new ones.
    form : callable
        That makes them.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, form: FormGrams = grams_by_fold) -> None:
        self._most_bytes, self._form = most_bytes, form
        self._grams: OrderedDict[str, RoisByFold] = OrderedDict()
        self._lock = Lock()

    def __call__(
        self,
        responses: Mapping[str, Columns],
        trains: Sequence[NDArray[np.int64]],
        similarity: Similarity,
    ) -> RoisByFold:
        """Give the Gram matrices of every ROI, fold by fold: see :func:`grams_by_fold`."""
        key = _digest(responses, trains, similarity)
        with self._lock:
            if key in self._grams:
                self._grams.move_to_end(key)
                return self._grams[key]
        grams = self._form(responses, trains, similarity)
        with self._lock:
            self._grams[key] = grams
            while self._grams and sum(map(n_bytes, self._grams.values())) > self._most_bytes:
                self._grams.popitem(last=False)
        return grams


def n_bytes(grams: RoisByFold) -> int:
    """Count the bytes of all matrices."""
    matrices = (m for fold in grams for g in fold.values() for m in (g.kernel, g.patterns))
    return sum({id(matrix): matrix.nbytes for matrix in matrices}.values())


def _digest(
    responses: Mapping[str, Columns], trains: Sequence[NDArray[np.int64]], similarity: Similarity
) -> str:
    """Digest all that decides Gram matrices; an array that several ROIs share is read once."""
    whole = hashlib.blake2b(similarity.encode())
    digests: dict[int, bytes] = {}
    for roi, values in responses.items():
        array = values.values if isinstance(values, VoxelColumns) else values
        if id(array) not in digests:
            digests[id(array)] = _digest_of_array(array)
            forget_pages(array)
        whole.update(repr(roi).encode() + digests[id(array)])
        if isinstance(values, VoxelColumns):
            whole.update(_digest_of_array(values.columns))
    for train in trains:
        whole.update(_digest_of_array(train))
    return whole.hexdigest()


def _digest_of_array(values: NDArray[np.generic]) -> bytes:
    """Digest type, shape and content, row by row: a mapped array is never copied whole."""
    digest = hashlib.blake2b(f"{values.dtype} {values.shape}".encode())
    for row in values:
        digest.update(np.ascontiguousarray(row).data)
    return digest.digest()


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
        kernel = self._in_place(self.within + _outer(means, sizes))
        if similarity == "cosine":
            return Grams(kernel, kernel)
        overall = means @ sizes / sizes.sum()
        return Grams(kernel, self._in_place(self.within + _outer(means - overall[:, None], sizes)))

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


def _outer(means: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    weighted = means * np.sqrt(sizes)
    product: NDArray[np.float64] = weighted @ weighted.T
    return product
