"""Features and responses as the primal side takes them: z-scored for one fold, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.gram import constant_row_problems, no_variation, z_scored
from pipeline.alignment.settings import Similarity
from pipeline.errors import Problem


@dataclass(frozen=True)
class FoldArray:
    """Features or responses z-scored for one fold: what :class:`Grams` are on the kernel side.

    Parameters
    ----------
    z : ndarray of float64, shape (n_stimuli, n_columns)
        What ridge predicts from.
    similarity : {'pearson', 'cosine'}
        How patterns are compared.
    components : ndarray of float64, shape (n_columns, n_features), optional
        Orthonormal rows in which the columns of ``z`` are coordinates: patterns are then compared
        over the features that they lead back to.
    """

    z: NDArray[np.float64]
    similarity: Similarity
    components: NDArray[np.float64] | None = None

    def patterns(self) -> NDArray[np.float64]:
        """Return what is predicted: rows centred over columns (Pearson), or as they are."""
        if self.similarity == "cosine":
            return self.z
        if self.components is not None:
            means = self.components.mean(axis=1, keepdims=True)
            back: NDArray[np.float64] = self.z @ (self.components - means)
            return back
        centred: NDArray[np.float64] = self.z - self.z.mean(axis=1, keepdims=True)
        return centred


def fold_array(
    values: NDArray[np.floating], train: NDArray[np.int64], similarity: Similarity = "pearson"
) -> FoldArray:
    """Z-score an array by the training rows of one fold.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_columns)
    train : ndarray of int, shape (n_train,)
    similarity : {'pearson', 'cosine'}
    """
    return FoldArray(z_scored(values, train), similarity)


def array_problems(
    array: FoldArray, train: NDArray[np.int64], where: str, *, compared: bool = True
) -> Iterator[Problem]:
    """Say why an array cannot be aligned in this fold.

    Parameters
    ----------
    array : FoldArray
    train : ndarray of int, shape (n_train,)
    where : str
        What the array is, for messages.
    compared : bool
        It is predicted, so that no pattern of it may be constant; an array that is only predicted
        from needs no more than a column that varies.
    """
    if not array.z[train].any():
        yield no_variation(where)
    elif compared:
        patterns = array.patterns()
        squares = np.einsum("ij,ij->i", patterns, patterns)
        raw = np.einsum("ij,ij->i", array.z, array.z)
        yield from constant_row_problems(squares, raw, np.arange(len(raw)), where)
