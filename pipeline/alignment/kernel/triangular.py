"""Triangular factors of Gram matrices, and products with them."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

# Columns of a triangular factor that are multiplied at once, without the zeros above them.
N_PANELS = 6


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


def times_triangular(
    left: NDArray[np.floating], factor: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Multiply by a lower triangular matrix, panel by panel, without most of its zeros.

    Parameters
    ----------
    left, factor : ndarray of float, shapes (n_rows, n) and (n, n)
    """
    product = np.empty((len(left), len(factor)), dtype=factor.dtype)
    edges = np.linspace(0, len(factor), N_PANELS + 1).astype(int)
    for start, stop in itertools.pairwise(edges):
        product[:, start:stop] = left[:, start:] @ factor[start:, start:stop]
    return product
