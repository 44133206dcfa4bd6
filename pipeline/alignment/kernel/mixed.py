"""Scores of every alpha in float32, each with a bound of its error, from what few mixtures predict.

What all alphas predict are mixtures ``Ŷ(α) = Σ_j c_αj Ŷ_j`` of few predictions, and so are their
products with true patterns.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.decided import AlphaScores, ExactRows, compare_pairs

EPS = float(np.finfo(np.float32).eps)
# Rounding errors add up as random walks (Higham and Mary, 2019): five of their typical lengths.
ROUNDING = 5 * EPS / 2
# What float32 says of predictions whose lengths are less certain is worth nothing.
LARGEST_CHANGE = 1e-4
# Bytes of the correlations that are held at a time: few enough to stay in cache.
BLOCK_BYTES = 2**19


def mixed_lengths(
    predicted: NDArray[np.float32], mixtures: NDArray[np.float64], off: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the length of every prediction, and the share of it that rounding may have changed.

    Parameters
    ----------
    predicted : ndarray of float32, shape (n_mixed, n_held_out, n_coordinates)
        The ``Ŷ_j``, in any orthonormal basis.
    mixtures : ndarray of float64, shape (n_alphas, n_mixed)
    off : ndarray of float64, shape (n_alphas, n_held_out)
        Length of what is wrong in a prediction before anything is squared.

    Returns
    -------
    lengths, changes : ndarray of float64, shape (n_alphas, n_held_out)
        A length that errors may have changed by more than :data:`LARGEST_CHANGE` is infinite.
    """
    by_row = predicted.transpose(1, 0, 2)
    products = (by_row @ by_row.transpose(0, 2, 1)).astype(np.float64)
    squares = np.einsum("iaj,aj->ai", mixtures @ products, mixtures)
    own = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    spread = np.abs(mixtures) @ own.T
    roots = np.sqrt(np.where(squares > 0, squares, np.inf))
    changes = off / roots + ROUNDING * (spread / roots) ** 2
    lengths = np.where(changes <= LARGEST_CHANGE, roots, np.inf)
    return lengths, changes


def mixed_scores(
    shared: NDArray[np.float32],
    mixtures: NDArray[np.float64],
    lengths: NDArray[np.float64],
    errors: tuple[NDArray[np.float64], NDArray[np.float64]],
    ties: NDArray[np.bool_],
    exact_rows: ExactRows,
) -> AlphaScores:
    """Score every alpha on the held-out rows, a few alphas at a time.

    Parameters
    ----------
    shared : ndarray of float32, shape (n_mixed, n_held_out, n_held_out)
        Products of the ``Ŷ_j`` with true patterns of unit length.
    mixtures : ndarray of float64, shape (n_alphas, n_mixed)
    lengths : ndarray of float64, shape (n_alphas, n_held_out)
        From :func:`mixed_lengths`; predictions of infinite length are left to float64.
    errors : tuple of two ndarray of float64, shape (n_alphas, n_held_out)
        How far off products may be, over the length of the prediction, and the share of a length
        that may be wrong.
    ties : ndarray of bool, shape (n_held_out, n_held_out)
        Pairs of held-out rows that tie whatever the error.
    exact_rows : callable
        Correlations of single predictions in float64, for pairs that errors leave undecided.
    """
    n_mixed, n_held_out, _ = shared.shape
    flat, weights = shared.reshape(n_mixed, n_held_out**2), mixtures.astype(np.float32)
    apart = np.triu(~ties, 1)
    at_once = max(1, BLOCK_BYTES // (4 * n_held_out**2))
    values, bounds = np.empty((2, len(mixtures))), np.empty((2, len(mixtures)))
    for start in range(0, len(mixtures), at_once):
        some = slice(start, start + at_once)
        R = (weights[some] @ flat).reshape(-1, n_held_out, n_held_out)
        R /= lengths[some, :, None].astype(np.float32)
        reach = np.maximum(R.max(axis=-1), -R.min(axis=-1))
        off = errors[0][some] + (errors[1][some] + 2 * EPS) * reach
        of_some = partial(_of_some, exact_rows, start)
        lost = np.nonzero(~np.isfinite(lengths[some]))
        if len(lost[0]):
            R[lost], off[lost] = of_some(*lost), EPS
        pairs = compare_pairs(R, off, apart).decided(of_some, n_held_out)
        values[0, some], bounds[0, some] = pairs.accuracy()
        values[1, some], bounds[1, some] = (
            np.diagonal(R, axis1=1, axis2=2).mean(axis=1),
            off.mean(axis=1),
        )
    return AlphaScores(values, bounds)


def _of_some(
    exact_rows: ExactRows, start: int, alphas: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    return exact_rows(start + alphas, rows)
