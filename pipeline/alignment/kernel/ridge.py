"""Ridge regression with one factorisation for every alpha and target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.constant import no_variation
from pipeline.errors import AlignmentError


@dataclass(frozen=True)
class Ridge:
    """Ridge regression from one source in one fold, ready for any alpha and any target.

    Alphas are relative: the penalty is ``alpha * scale``, where ``scale`` is the mean eigenvalue
    of the training kernel, so that one range of alphas suits 128 features and 35,000 voxels.
    There is no intercept: sources and targets are z-scored by the training rows, and centred.

    Parameters
    ----------
    eigenvalues : ndarray of float64, shape (rank,)
        None negative: those of the training kernel ``Z Zᵀ``, or of ``Zᵀ Z`` where columns are
        fewer than training rows.
    fitted : ndarray of float64, shape (n_train, rank)
        Eigenvectors of the kernel; or the training rows of ``Z`` in the basis of those of ``Zᵀ Z``.
    predicted : ndarray of float64, shape (n_test, rank)
        Test rows of the kernel, or of ``Z``, in the same basis.
    scale : float
        Mean eigenvalue of the training kernel: the trace of ``Zᵀ Z`` over n_train.
    """

    eigenvalues: NDArray[np.float64]
    fitted: NDArray[np.float64]
    predicted: NDArray[np.float64]
    scale: float

    def hat(self, alphas: ArrayLike) -> NDArray[np.float64]:
        """Return ``H = K_test,train (K_train + alpha scale I)⁻¹``, so that ``Ŷ_test = H Y_train``.

        Which is ``Z_test (Zᵀ Z + alpha scale I)⁻¹ Zᵀ``.

        Parameters
        ----------
        alphas : array_like, shape (...)
            Relative, above 0, for a training kernel is singular: its rows are centred; infinity
            gives H = 0.

        Returns
        -------
        ndarray of float64, shape (..., n_test, n_train)
        """
        penalties = np.asarray(alphas, dtype=np.float64) * self.scale
        damping = 1 / (self.eigenvalues + penalties[..., None])
        hat: NDArray[np.float64] = (self.predicted * damping[..., None, :]) @ self.fitted.T
        return hat


def mean_eigenvalue(kernel: NDArray[np.float64], train: NDArray[np.int64]) -> float:
    """Return the mean eigenvalue of the training kernel: the unit of alpha.

    Parameters
    ----------
    kernel : array of float64, shape (n_stimuli, n_stimuli)
        Of any backend.
    train : ndarray of int64, shape (n_train,)

    Raises
    ------
    AlignmentError
        The training kernel is zero: no column varies over the training rows.
    """
    scale = float(array_namespace(kernel).linalg.diagonal(kernel)[train].mean())
    if not scale > 0:
        raise AlignmentError(no_variation("training kernel"))
    return scale


def factorise(
    kernel: NDArray[np.float64], train: NDArray[np.int64], test: NDArray[np.int64]
) -> Ridge:
    """Decompose the training kernel once: ridge on the kernel side.

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
    return decomposed(kernel[np.ix_(train, train)], kernel[np.ix_(test, train)], scale)


def decomposed(gram: NDArray[np.float64], crossed: NDArray[np.float64], scale: float) -> Ridge:
    """Decompose the kernel of training rows, which may be zero, with any unit of alpha.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_train, n_train)
    crossed : ndarray of float64, shape (n_test, n_train)
        Kernel of test with training rows.
    scale : float
    """
    values, vectors = np.linalg.eigh(gram)
    # A Gram matrix has no negative eigenvalue; what is below 0 is rounding.
    return Ridge(np.maximum(values, 0.0), vectors, crossed @ vectors, scale)


def without_idle(ridge: Ridge) -> Ridge:
    """Leave out the eigenvectors that predict nothing: most, where features are few.

    Parameters
    ----------
    ridge : Ridge
    """
    values, predicted = ridge.eigenvalues, ridge.predicted
    rounding = len(ridge.fitted) * np.finfo(np.float64).eps * values.max(initial=0.0)
    used = (values > rounding) | (np.abs(predicted).max(axis=0) > rounding)
    return Ridge(values[used], ridge.fitted[:, used], predicted[:, used], ridge.scale)
