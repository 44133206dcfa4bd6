"""Scores whose errors are bounded: pairs of stimuli, and best scores, decided in spite of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.two_vs_two import TIE
from pipeline.words import Objective


@dataclass(frozen=True)
class AlphaScores:
    """2v2 accuracy and mean correlation of every alpha, and how far off they may be.

    Parameters
    ----------
    values, errors : ndarray of float64, shape (2, n_alphas)
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]


def decided_two_vs_two(
    R: NDArray[np.floating], margins: NDArray[np.float64], ties: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """2v2 accuracy of correlations that are known but for an error, and how far off it may be.

    Parameters
    ----------
    R : ndarray of float, shape (n_alphas, n_test, n_test)
    margins : ndarray of float64, shape (n_alphas,)
        How far off the gain of a pair may be: pairs within it count as ties, and may turn.
    ties : ndarray of bool, shape (n_test, n_test)
        Pairs that are ties whatever the error.

    Returns
    -------
    accuracy, error : ndarray of float64, shape (n_alphas,)
    """
    n_test = R.shape[-1]
    gain = np.diagonal(R, axis1=-2, axis2=-1)[..., :, None] - R
    gain = gain + np.swapaxes(gain, -1, -2)
    gain[:, ties] = 0
    beyond = (TIE + margins).astype(gain.dtype)[:, None, None]
    won = np.count_nonzero(gain > beyond, axis=(-2, -1))
    lost = np.count_nonzero(gain < -beyond, axis=(-2, -1))
    n_pairs = n_test * (n_test - 1)
    undecided = n_pairs - np.count_nonzero(ties) - won - lost
    return 0.5 + (won - lost) / (2 * n_pairs), undecided / (2 * n_pairs)


def alike_rows(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark pairs of rows that are equal but for rounding, not a row with itself.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_rows, n_columns)

    Returns
    -------
    ndarray of bool, shape (n_rows, n_rows)
    """
    products = rows @ rows.T
    own = np.diagonal(products)
    largest = float(own.max(initial=0.0))
    alike = own[:, None] + own - 2 * products <= 1e-12 * largest
    np.fill_diagonal(alike, val=False)
    i, j = np.nonzero(alike)
    alike[i, j] = (np.abs(rows[i] - rows[j]) <= 1e-12 * np.sqrt(largest)).all(axis=1)
    return alike


def candidates(
    values: NDArray[np.float64], errors: NDArray[np.float64], objective: Objective
) -> NDArray[np.bool_]:
    """Mark those that may be the best: one alone is the best for certain.

    Parameters
    ----------
    values, errors : ndarray of float64, shape (..., 2, n)
        2v2 accuracy and mean correlation, and how far off each may be.
    objective : {'two_vs_two', 'correlation'}
        The score that decides; the other one decides among equals.

    Returns
    -------
    ndarray of bool, shape (..., n)

    Examples
    --------
    The second may reach the first; the third is as good as the first, and correlates less.

    >>> import numpy as np
    >>> values = np.array([[0.8, 0.7, 0.8], [0.3, 0.3, 0.2]])
    >>> candidates(values, np.array([[0.0, 0.2, 0.0], [0.01, 0.01, 0.01]]), "two_vs_two").tolist()
    [True, True, False]
    """
    order = (0, 1) if objective == "two_vs_two" else (1, 0)
    low, high = (
        np.stack([v[..., n, :] for n in order]) for v in (values - errors, values + errors)
    )
    above = low[..., :, None] > high[..., None, :]
    as_good = low[..., :, None] >= high[..., None, :]
    surpassed: NDArray[np.bool_] = (above[0] | (as_good[0] & above[1])).any(axis=-2)
    return ~surpassed
