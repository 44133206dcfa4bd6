"""Kernel ridge regression with one factorisation for every alpha, target and inner fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import AlignmentError, Problem


@dataclass(frozen=True)
class Ridge:
    """Ridge regression from one source in one fold, ready for any alpha and any target.

    Alphas are relative: the penalty is ``alpha * scale``, where ``scale`` is the mean eigenvalue
    of the training kernel, so that one range of alphas suits 128 features and 35,000 voxels.
    There is no intercept: sources and targets are z-scored by the training rows, and centred.

    Parameters
    ----------
    train, test : ndarray of int, shapes (n_train,) and (n_test,)
        Rows of the kernel that are fitted and that are predicted.
    eigenvalues : ndarray of float64, shape (n_train,)
        Of the training kernel, none negative.
    eigenvectors : ndarray of float64, shape (n_train, n_train)
        In columns.
    projected : ndarray of float64, shape (n_test, n_train)
        Test rows of the kernel times ``eigenvectors``.
    scale : float
        Mean eigenvalue of the training kernel.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    eigenvalues: NDArray[np.float64]
    eigenvectors: NDArray[np.float64]
    projected: NDArray[np.float64]
    scale: float

    def hat(self, alphas: ArrayLike) -> NDArray[np.float64]:
        """Return ``H = K_test,train (K_train + alpha scale I)⁻¹``, so that ``Ŷ_test = H Y_train``.

        Parameters
        ----------
        alphas : array_like, shape (...)
            Relative, above 0; infinity gives H = 0.

        Returns
        -------
        ndarray of float64, shape (..., n_test, n_train)

        Raises
        ------
        AlignmentError
            An alpha is not above 0: a training kernel is singular (its rows are centred).
        """
        damping = 1 / (self.eigenvalues + self._penalties(alphas)[..., None])
        hat: NDArray[np.float64] = (self.projected * damping[..., None, :]) @ self.eigenvectors.T
        return hat

    def resolvents(self, alphas: ArrayLike) -> NDArray[np.float64]:
        """Return ``A = (K_train + alpha scale I)⁻¹``, shape (..., n_train, n_train).

        Raises
        ------
        AlignmentError
            An alpha is not above 0.
        """
        penalties = self._penalties(alphas)
        result = np.empty((*penalties.shape, *self.eigenvectors.shape))
        for index in np.ndindex(penalties.shape):
            half = self.eigenvectors / np.sqrt(self.eigenvalues + penalties[index])
            np.matmul(half, half.T, out=result[index])
        return result

    def _penalties(self, alphas: ArrayLike) -> NDArray[np.float64]:
        relative = np.asarray(alphas, dtype=np.float64)
        if not (relative > 0).all():
            raise AlignmentError(
                Problem(
                    "alpha",
                    "above 0",
                    f"{relative.min()}",
                    "The training kernel is singular: give a small alpha such as 1e-6.",
                )
            )
        return relative * self.scale


def mean_eigenvalue(kernel: NDArray[np.float64], train: NDArray[np.int64]) -> float:
    """Return the mean eigenvalue of the training kernel: the unit of alpha.

    Raises
    ------
    AlignmentError
        The training kernel is zero: no column varies over the training rows.
    """
    scale = float(np.diagonal(kernel)[train].mean())
    if not scale > 0:
        raise AlignmentError(
            Problem(
                "training kernel",
                "columns that vary over the training stimuli",
                "only constant columns",
                "Leave this array out: nothing can be learned from it.",
            )
        )
    return scale


def factorise(
    kernel: NDArray[np.float64], train: NDArray[np.int64], test: NDArray[np.int64]
) -> Ridge:
    """Decompose the training kernel once.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n_stimuli, n_stimuli)
        Of the source, z-scored by the training rows.
    train, test : ndarray of int, shapes (n_train,) and (n_test,)

    Raises
    ------
    AlignmentError
        The training kernel is zero: no column varies over the training rows.
    """
    scale = mean_eigenvalue(kernel, train)
    values, vectors = np.linalg.eigh(kernel[np.ix_(train, train)])
    # A Gram matrix has no negative eigenvalue; what is below 0 is rounding.
    clipped = np.maximum(values, 0.0)
    return Ridge(train, test, clipped, vectors, kernel[np.ix_(test, train)] @ vectors, scale)


def held_out_hat(
    resolvents: NDArray[np.float64], kept: NDArray[np.int64], held_out: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the hat matrix of a block of training rows, had ridge been fitted without them.

    The closed form of leave-group-out ridge: with A the inverse of the penalised training kernel,
    predictions of the block B by all other rows are ``(I_B - A_BB⁻¹ A_B,:) Y``, whose columns in
    B are zero. No refit; the penalty is that of the whole training fold.

    Parameters
    ----------
    resolvents : ndarray of float64, shape (..., n_train, n_train)
        From :meth:`Ridge.resolvents`.
    kept, held_out : ndarray of int, shapes (n_kept,) and (n_held_out,)
        Positions within the training rows; together all of them.

    Returns
    -------
    ndarray of float64, shape (..., n_held_out, n_kept)
    """
    rows = np.take(resolvents, held_out, axis=-2)
    # The blocks are small and better conditioned than the kernel: an inverse, twice as fast as
    # a batched solve with hundreds of right-hand sides, costs no digit that matters.
    inverse = np.linalg.inv(np.take(rows, held_out, axis=-1))
    hat: NDArray[np.float64] = np.negative(inverse) @ np.take(rows, kept, axis=-1)
    return hat
