"""Features and responses as the primal side takes them: z-scored for one fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.grams import Grams
from pipeline.words import Similarity


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
        """Return what is predicted: rows centred over columns (Pearson), or as they are.

        Of shape (n_stimuli, n_columns), or those of the columns that ``components`` reduced.
        """
        if self.similarity == "cosine":
            return self.z
        if self.components is not None:
            means = self.components.mean(axis=1, keepdims=True)
            back: NDArray[np.float64] = self.z @ (self.components - means)
            return back
        centred: NDArray[np.float64] = self.z - self.z.mean(axis=1, keepdims=True)
        return centred

    def grams(self) -> Grams:
        """Form the Gram matrices of the same array, for the kernel side."""
        kernel = self.z @ self.z.T
        if self.similarity == "cosine":
            return Grams(kernel, kernel)
        patterns = self.patterns()
        return Grams(kernel, patterns @ patterns.T)

    def varies(self, train: NDArray[np.int64]) -> bool:
        """Say whether any column varies over the training rows, ``train`` of shape (n_train,)."""
        return bool(self.z[train].any())

    def squares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return squared norms of all patterns as they are compared, and before any centring.

        Each of shape (n_stimuli,).
        """
        patterns = self.patterns()
        squares = np.einsum("ij,ij->i", patterns, patterns)
        return squares, np.einsum("ij,ij->i", self.z, self.z)
