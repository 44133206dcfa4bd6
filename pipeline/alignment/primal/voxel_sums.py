"""Sums over the voxels of a ROI that no memory holds, for sources of fewer columns than stimuli.

With Z the training rows of a source and Y those of the voxels, ridge predicts
``Ŷ = Z_test (Zᵀ Z + α I)⁻¹ B``, where ``B = Zᵀ Y``. Lengths of predictions need ``B Bᵀ`` of it, and
their products with true patterns ``B Y_testᵀ``: sums over voxels, which are read once, block by
block, and forgotten. No matrix over stimuli is made.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, column_blocks
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.grams import z_scored_first
from pipeline.alignment.threads import Map
from pipeline.words import Similarity

# Blocks that are worked on together: a mean of every stimulus is kept for each.
N_BLOCKS = 6


@dataclass(frozen=True)
class RowOrder:
    """The rows of one outer fold, in an order in which every part is a slice.

    Parameters
    ----------
    order : ndarray of int, shape (n_stimuli,)
        Training rows, inner fold by inner fold, then test rows.
    parts : tuple of slice
        Test rows, then the rows that each inner fold holds out.
    n_train : int
    """

    order: NDArray[np.int64]
    parts: tuple[slice, ...]
    n_train: int


def rows_of(fold: NestedFold) -> RowOrder:
    """Order the rows of a fold: every training row is held out by exactly one inner fold."""
    train, test = fold.outer.train, fold.outer.test
    held_out = [train[inner.test] for inner in fold.inner]
    ends = np.cumsum([0, *(len(part) for part in held_out)])
    inner = [slice(int(start), int(stop)) for start, stop in itertools.pairwise(ends)]
    order = np.concatenate([*held_out, test])
    return RowOrder(order, (slice(len(train), len(order)), *inner), len(train))


class SourceSums:
    """What the predictions of one source need of the voxels, outer fold first, then inner folds.

    Parameters
    ----------
    z : ndarray of float64, shape (n_stimuli, n_columns)
        Z-scored by the outer training rows, in the order of ``rows``.
    rows : RowOrder

    Attributes
    ----------
    fitted : list of ndarray of float64, shape (n_columns, n_columns)
        ``B Bᵀ`` of the rows that each fold fits.
    shared : list of ndarray of float64, shape (n_columns, n_held_out)
        ``B Yᵀ`` with the rows that it holds out.
    """

    def __init__(self, z: NDArray[np.float64], rows: RowOrder) -> None:
        self.z, self.rows = z, rows
        n_columns = z.shape[1]
        self.fitted = [np.zeros((n_columns, n_columns)) for _ in rows.parts]
        self.shared = [np.zeros((n_columns, len(z[part]))) for part in rows.parts]

    def add(self, block: NDArray[np.float64]) -> None:
        """Add voxels, shape (n_stimuli, n_voxels), in the order of the rows."""
        products = [self.z[part].T @ block[part] for part in self.rows.parts[1:]]
        total = sum(products[1:], start=products[0])
        for n, part in enumerate(self.rows.parts):
            cross = total - products[n - 1] if n else total
            self.fitted[n] += cross @ cross.T
            self.shared[n] += cross @ block[part].T


@dataclass(frozen=True)
class RoiSquares:
    """Squared lengths of a ROI's patterns: what :class:`Grams` are where matrices fit.

    Parameters
    ----------
    patterns, raw : ndarray of float64, shape (n_stimuli,)
        As they are compared, and before any centring.
    """

    patterns: NDArray[np.float64]
    raw: NDArray[np.float64]

    def varies(self, train: NDArray[np.int64]) -> bool:
        """Say whether any voxel varies over the training rows, ``train`` of shape (n_train,)."""
        return bool(self.raw[train].max() > 0)

    def squares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return both, each of shape (n_stimuli,)."""
        return self.patterns, self.raw


def sum_voxels(
    sources: Mapping[str, SourceSums],
    values: Columns,
    rows: RowOrder,
    similarity: Similarity,
    in_parallel: Map,
) -> RoiSquares:
    """Read a ROI once and add its voxels to the sums of all sources.

    Patterns are centred over voxels without a second reading: each block by its own means, and
    the means of all blocks, once these are known, as if they were voxels (Chan, Golub and LeVeque
    1983).

    Parameters
    ----------
    sources : mapping of str to SourceSums
        Are added to.
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_voxels)
    rows : RowOrder
    similarity : {'pearson', 'cosine'}
        Patterns are centred for Pearson.
    in_parallel : callable
        ``map``, or that of :func:`workers`: sources are worked on side by side.
    """
    squares, raw = np.zeros((2, len(rows.order)))
    means, sizes = [], []

    def add(block: NDArray[np.float64]) -> None:
        list(in_parallel(partial(SourceSums.add, block=block), sources.values()))
        squares[rows.order] += np.einsum("ij,ij->i", block, block)

    for block in ordered_blocks(values, rows):
        raw[rows.order] += np.einsum("ij,ij->i", block, block)
        if similarity == "pearson":
            means.append(block.mean(axis=1))
            sizes.append(block.shape[1])
            add(block - means[-1][:, None])
        else:
            add(block)
    if similarity == "pearson":
        of_blocks, weights = np.column_stack(means), np.array(sizes, dtype=np.float64)
        overall = of_blocks @ weights / weights.sum()
        add((of_blocks - overall[:, None]) * np.sqrt(weights))
    return RoiSquares(squares, raw)


def ordered_blocks(values: Columns, rows: RowOrder) -> Iterator[NDArray[np.float64]]:
    """Read voxels block by block, z-scored by the training rows, in the order of the rows.

    Parameters
    ----------
    values : ndarray of float or VoxelColumns, shape (n_stimuli, n_voxels)
    rows : RowOrder

    Yields
    ------
    ndarray of float64, shape (n_stimuli, n_voxels of the block)
    """
    for _, block in column_blocks(values, max(1, len(rows.order) // N_BLOCKS)):
        yield z_scored_first(block[rows.order].astype(np.float64), rows.n_train)
