"""Correlations of predicted with true patterns, from Gram matrices alone.

With ridge, predicted patterns are ``Ŷ = H Y_train``, so their correlations with true patterns are
bilinear in the data and need only the Gram matrix of the targets, never a prediction.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# S is symmetric, so blocks below its diagonal repeat those above: with 4 panels a quadratic form
# costs five eighths of the full product. More panels would be too narrow for BLAS to gain.
N_PANELS = 4


@dataclass(frozen=True)
class TruePatterns:
    """The true patterns of one target in one split, sliced once for any number of hat matrices.

    Parameters
    ----------
    panels : tuple of ndarray of float64
        Columns of the Gram matrix of the training stimuli, each panel down to its diagonal block
        and doubled above it.
    shared : ndarray of float64, shape (n_train, n_test)
        Gram matrix of training with test stimuli.
    norms : ndarray of float64, shape (n_test,)
        Of the true test patterns.
    rounding : float
        What rounding can leave of the square of a predicted pattern that should be 0, per square
        of its row of the hat matrix.
    """

    panels: tuple[NDArray[np.float64], ...]
    shared: NDArray[np.float64]
    norms: NDArray[np.float64]
    rounding: float


def true_patterns(
    patterns: NDArray[np.float64], train: NDArray[np.int64], test: NDArray[np.int64]
) -> TruePatterns:
    """Slice the Gram matrix of a target for one split.

    Parameters
    ----------
    patterns : ndarray of float64, shape (n_stimuli, n_stimuli)
        Rows centred for Pearson: see :class:`Grams`. No diagonal element may be 0.
    train, test : ndarray of int, shapes (n_train,) and (n_test,)
    """
    shared, norms = patterns[np.ix_(train, test)], np.sqrt(np.diagonal(patterns)[test])
    return patterns_of(patterns[np.ix_(train, train)], shared, norms)


def patterns_of(
    fitted: NDArray[np.float64], shared: NDArray[np.float64], norms: NDArray[np.float64]
) -> TruePatterns:
    """Put together what hat matrices meet.

    Parameters
    ----------
    fitted : ndarray of float64, shape (n_train, n_train)
        Gram matrix of the training stimuli.
    shared, norms : ndarray of float64
        See :class:`TruePatterns`.
    """
    edges = np.linspace(0, len(fitted), N_PANELS + 1).astype(int)
    panels = []
    for start, stop in itertools.pairwise(edges):
        panel = fitted[:stop, start:stop].copy()
        panel[:start] *= 2
        panels.append(panel)
    rounding = rounding_share(len(fitted)) * float(np.trace(fitted))
    return TruePatterns(tuple(panels), shared, norms, rounding)


def rounding_share(n_train: int) -> float:
    """Say what share of the products summed in a square of ``n_train`` terms rounding can leave."""
    return n_train * float(np.finfo(np.float64).eps)


def correlate(hat: NDArray[np.float64], true: TruePatterns) -> NDArray[np.float64]:
    """Correlate every predicted pattern ``Ŷ_i = (H Y_train)_i`` with every true pattern ``Y_j``.

    Parameters
    ----------
    hat : ndarray of float64, shape (..., n_test, n_train)
        Ridge hat matrices H, for instance one for each alpha.
    true : TruePatterns

    Returns
    -------
    ndarray of float64, shape (..., n_test, n_test)
        ``[..., i, j]`` is the correlation of predicted pattern i with true pattern j. A predicted
        pattern without any variation (alpha towards infinity, a kernel row of zeros) says nothing:
        its correlations are 0, which makes ties, never NaN.
    """
    rows = hat.reshape(-1, hat.shape[-1])
    squares = _quadratic_forms(rows, true.panels)
    noise = true.rounding * np.einsum("ij,ij->i", rows, rows)
    norms = np.sqrt(np.where(squares > noise, squares, np.inf))
    R: NDArray[np.float64] = rows @ true.shared
    R /= norms[:, None]
    R /= true.norms
    return R.reshape(*hat.shape[:-1], len(true.norms))


def correlations(
    hat: NDArray[np.float64],
    patterns: NDArray[np.float64],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Slice a target's Gram matrix and correlate: :func:`true_patterns`, :func:`correlate`.

    Parameters
    ----------
    hat : ndarray of float64, shape (..., n_test, n_train)
    patterns : ndarray of float64, shape (n_stimuli, n_stimuli)
    train, test : ndarray of int64, shapes (n_train,) and (n_test,)

    Returns
    -------
    ndarray of float64, shape (..., n_test, n_test)
    """
    return correlate(hat, true_patterns(patterns, train, test))


def _quadratic_forms(
    rows: NDArray[np.float64], panels: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    """Return ``h S hᵀ`` for every row h, shape (n_rows,), S given in panels."""
    total = np.zeros(len(rows))
    start = 0
    for panel in panels:
        stop = len(panel)
        total += np.einsum("ij,ij->i", rows[:, :stop] @ panel, rows[:, start:stop])
        start = stop
    return total
