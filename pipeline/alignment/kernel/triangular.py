"""Triangular factors of Gram matrices, and products with them."""

from __future__ import annotations

import numpy as np
import scipy.linalg.blas
from numpy.typing import NDArray


def triangular_factor(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lower triangular L with ``L Lᵀ`` a Gram matrix that may be singular.

    Parameters
    ----------
    gram : ndarray of float64, shape (n, n)
    """
    try:
        return np.asarray(np.linalg.cholesky(gram), dtype=np.float64)
    except np.linalg.LinAlgError:  # fewer columns than stimuli, or stimuli that repeat
        values, vectors = np.linalg.eigh(gram)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return np.asarray(np.linalg.qr(root.T, mode="r"), dtype=np.float64).T


def times_triangular(left: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply by a lower triangular matrix, without its zeros.

    Parameters
    ----------
    left : ndarray of float32, shape (n_rows, n)
        Row by row.
    factor : ndarray of float32, shape (n, n)
        Column by column, as BLAS takes it without a copy.
    """
    product: NDArray[np.float32] = scipy.linalg.blas.strmm(
        1.0, factor, left.T, lower=True, trans_a=True
    ).T
    return product
