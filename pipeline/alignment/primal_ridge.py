"""Ridge regression through the columns of the source: for fewer columns than stimuli.

The kernel side (:mod:`pipeline.alignment.ridge`) decomposes ``Z Zᵀ``, one row and column for each
training stimulus. Here ``Zᵀ Z`` is decomposed, one for each column, which gives the same
predictions: ``(Zᵀ Z + λ I)⁻¹ Zᵀ = Zᵀ (Z Zᵀ + λ I)⁻¹``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.gram import gram_matrices, no_variation, z_scored
from pipeline.alignment.ridge import factorise, penalties
from pipeline.errors import AlignmentError


class Fitted(Protocol):
    """A source in one fold that gives the hat matrix of any relative alpha."""

    def hat(self, alphas: ArrayLike) -> NDArray[np.float64]:
        """Return ``H`` with ``Ŷ_test = H Y_train``, shape (..., n_test, n_train)."""


@dataclass(frozen=True)
class PrimalRidge:
    """Ridge regression on some rows of a source, ready for any penalty.

    Parameters
    ----------
    fitted, predicted : ndarray of float64, shapes (n_fitted, n_columns), (n_predicted, n_columns)
        Source rows in the basis of ``Zᵀ Z``'s eigenvectors.
    eigenvectors : ndarray of float64, shape (n_columns, n_columns)
        In columns.
    eigenvalues : ndarray of float64, shape (n_columns,)
        None negative.
    scale : float
        What alpha is relative to: the mean eigenvalue of the training *kernel*, as on the kernel
        side, i.e. the trace of ``Zᵀ Z`` over n_train.
    """

    fitted: NDArray[np.float64]
    predicted: NDArray[np.float64]
    eigenvectors: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    scale: float

    def hat(self, alphas: ArrayLike) -> NDArray[np.float64]:
        """Return ``H = Z_test (Zᵀ Z + alpha scale I)⁻¹ Zᵀ``, so that ``Ŷ_test = H Y_train``.

        Parameters
        ----------
        alphas : array_like, shape (...)
            Relative, above 0; infinity gives H = 0.

        Returns
        -------
        ndarray of float64, shape (..., n_predicted, n_fitted)

        Raises
        ------
        AlignmentError
            An alpha is not above 0.
        """
        damping = 1 / (self.eigenvalues + penalties(alphas, self.scale)[..., None])
        hat: NDArray[np.float64] = (self.predicted * damping[..., None, :]) @ self.fitted.T
        return hat


def decompose(cross: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eigenvalues, none negative, and eigenvectors of ``Zᵀ Z``: 9 n_columns³ flops."""
    values, vectors = np.linalg.eigh(cross)
    # What is below 0 is rounding, as in the kernel.
    return np.maximum(values, 0.0), vectors


def fit_smaller_side(values: NDArray[np.floating], fold: Fold) -> Fitted:
    """Z-score a source by the training rows and fit ridge on the side that is smaller.

    For hat matrices at alphas that are known already; inner folds are not served.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_columns)
        Read in blocks of columns where there are more columns than training rows.
    fold : Fold

    Raises
    ------
    AlignmentError
        No column varies over the training rows.

    Notes
    -----
    Costs ``2 n_stimuli m² + 9 m³`` flops with m the smaller of n_train and n_columns (of both
    where columns are more: ``2 n_stimuli² n_columns + 9 n_train³``).
    """
    if values.shape[1] >= len(fold.train):
        return factorise(gram_matrices(values, fold.train).kernel, fold.train, fold.test)
    z = z_scored(values, fold.train)
    trained = z[fold.train]
    cross = trained.T @ trained
    scale = float(np.trace(cross)) / len(fold.train)
    if not scale > 0:
        raise AlignmentError(no_variation("training rows"))
    eigenvalues, vectors = decompose(cross)
    return PrimalRidge(trained @ vectors, z[fold.test] @ vectors, vectors, eigenvalues, scale)
