"""Gram matrices over stimuli: all that ridge and 2v2 need to know of features or voxels.

One pass over the columns of an array gives both what it predicts with (``kernel``) and what it is
compared by (``patterns``); everything later costs the same for a hundred voxels as for 200,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.settings import Similarity
from pipeline.errors import Problem

# Bytes of one block of columns in float64: large enough for BLAS, small enough to stay in cache.
BLOCK_BYTES = 8 * 2**20
# A row whose centred square is this share of its raw square is constant up to rounding.
CONSTANT_ROW = (1000 * np.finfo(np.float64).eps) ** 2


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
    """

    kernel: NDArray[np.float64]
    patterns: NDArray[np.float64]


def gram_matrices(
    values: NDArray[np.floating], train: NDArray[np.int64], similarity: Similarity = "pearson"
) -> Grams:
    """Z-score columns by the training rows and form both Gram matrices in one pass.

    A column that is constant over the training rows carries nothing that could be learned: it
    becomes 0 in all rows. The row means of different blocks of columns are merged as in Chan,
    Golub and LeVeque (1983), so that no large number is subtracted from another and
    ``Zc Zcᵀ`` keeps its digits even where all columns share one strong signal.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_columns)
        Features or responses; converted to float64 block by block.
    train : ndarray of int, shape (n_train,)
        Rows that give mean and standard deviation.
    similarity : {'pearson', 'cosine'}
    """
    n_stimuli, n_columns = values.shape
    width = max(1, BLOCK_BYTES // (8 * n_stimuli))
    starts = range(0, n_columns, width)
    within = np.zeros((n_stimuli, n_stimuli))
    means = np.empty((n_stimuli, len(starts)))
    sizes = np.empty(len(starts))
    for block, start in enumerate(starts):
        z = z_scored(values[:, start : start + width], train)
        sizes[block] = z.shape[1]
        means[:, block] = z.mean(axis=1)
        z -= means[:, block, None]
        within += z @ z.T
    kernel = within + _outer(means, sizes)
    if similarity == "cosine":
        return Grams(kernel, kernel)
    overall = means @ sizes / n_columns
    return Grams(kernel, within + _outer(means - overall[:, None], sizes))


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
    rows = block.astype(np.float64)
    mean = rows[train].mean(axis=0)
    rows -= mean
    fitted = rows[train]
    deviation = np.sqrt(np.einsum("ij,ij->j", fitted, fitted) / len(train))
    # The mean of n equal numbers is off by up to n rounding errors, and leaves that much behind.
    varies = deviation > len(train) * np.finfo(np.float64).eps * np.abs(mean)
    rows *= np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
    return rows


def gram_problems(grams: Grams, train: NDArray[np.int64], where: str) -> Iterator[Problem]:
    """Say why an array cannot be aligned in this fold: constant rows, or no varying column."""
    if not np.trace(grams.kernel[np.ix_(train, train)]) > 0:
        yield Problem(
            where,
            "columns that vary over the training stimuli",
            "only constant columns",
            "Leave this array out: nothing can be learned from it.",
        )
        return
    rows = np.arange(len(grams.kernel))
    yield from constant_row_problems(
        np.diagonal(grams.patterns), np.diagonal(grams.kernel), rows, where
    )


def constant_row_problems(
    squares: NDArray[np.float64], raw: NDArray[np.float64], rows: NDArray[np.int64], where: str
) -> Iterator[Problem]:
    """Name the stimulus rows whose pattern is constant up to rounding.

    Parameters
    ----------
    squares, raw : ndarray of float64, shape (n_rows,)
        Squared norms of the patterns, centred over columns and not.
    rows : ndarray of int, shape (n_rows,)
        Stimulus rows they belong to.
    where : str
    """
    constant = rows[squares <= CONSTANT_ROW * raw]
    if len(constant):
        named = ", ".join(str(row) for row in constant[:5])
        more = f" and {len(constant) - 5} more" if len(constant) > 5 else ""
        yield Problem(
            where,
            "patterns that vary over columns after z-scoring",
            f"a constant pattern in stimulus rows {named}{more}",
            "A constant pattern (always so with a single voxel) has no correlation: "
            "use a larger region or more features, or leave these stimuli out.",
        )


def _outer(means: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    weighted = means * np.sqrt(sizes)
    product: NDArray[np.float64] = weighted @ weighted.T
    return product
