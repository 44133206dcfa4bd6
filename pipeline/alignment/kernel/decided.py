"""Scores whose errors are bounded: pairs of stimuli, and best scores, decided in spite of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.two_vs_two import TIE
from pipeline.words import Objective

# Rows are equal where no element differs by more than this share of the longest row.
EQUAL = 1e-12

# No gain of a pair is larger: four correlations.
LARGEST_GAIN = 4.0
#: From alphas and stimuli to the correlations of their predictions with all true patterns.
ExactRows = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True)
class AlphaScores:
    """2v2 accuracy and mean correlation of every alpha, and how far off they may be.

    Parameters
    ----------
    values, errors : ndarray of float64, shape (2, n_alphas)
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]


@dataclass(frozen=True)
class ComparedPairs:
    """Pairs of stimuli whose correlations are known but for an error.

    Parameters
    ----------
    lead : ndarray of int64, shape (n_alphas,)
        Pairs that are won less pairs that are lost, whatever the error.
    undecided : ndarray of int64, shape (n_undecided, 3)
        Alpha, first and second stimulus of the pairs that the error may turn.
    n_pairs : int
    """

    lead: NDArray[np.int64]
    undecided: NDArray[np.int64]
    n_pairs: int

    def accuracy(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """2v2 accuracy with undecided pairs as ties, and how far off it may be: (n_alphas,)."""
        doubt = np.bincount(self.undecided[:, 0], minlength=len(self.lead))
        return 0.5 + self.lead / (2 * self.n_pairs), doubt / (2 * self.n_pairs)

    def decided(self, exact_rows: ExactRows, n_test: int) -> ComparedPairs:
        """Decide what is undecided by exact correlations.

        Parameters
        ----------
        exact_rows : callable
            From alphas and stimuli, both of shape (n_some,), to the correlations of these
            predictions with all true patterns, shape (n_some, n_test).
        n_test : int
        """
        alphas, first, second = self.undecided.T
        rows, place = np.unique(
            np.concatenate([alphas * n_test + first, alphas * n_test + second]), return_inverse=True
        )
        if not len(rows):
            return self
        R = exact_rows(*np.divmod(rows, n_test))
        of_first, of_second = np.split(place, 2)
        gain = R[of_first, first] - R[of_first, second]
        gain += R[of_second, second] - R[of_second, first]
        points = (gain > TIE).astype(np.int64) - (gain < -TIE)
        lead = self.lead.copy()
        np.add.at(lead, alphas, points)
        return ComparedPairs(lead, self.undecided[:0], self.n_pairs)


def compare_pairs(
    R: NDArray[np.floating], errors: NDArray[np.float64], apart: NDArray[np.bool_]
) -> ComparedPairs:
    """Compare all pairs of stimuli in spite of errors.

    Parameters
    ----------
    R : ndarray of float, shape (n_alphas, n_test, n_test)
    errors : ndarray of float64, shape (n_alphas, n_test)
        How far off the correlations of each prediction may be: pairs whose gain is within twice
        those of both are undecided.
    apart : ndarray of bool, shape (n_test, n_test)
        Pairs above the diagonal, without those that are ties whatever the error.
    """
    n_test = R.shape[-1]
    own = np.diagonal(R, axis1=-2, axis2=-1)
    half = (np.minimum(2 * errors, LARGEST_GAIN) + TIE / 2).astype(R.dtype)
    least = (own - half)[..., :, None] - R
    least = least + np.swapaxes(least, -1, -2)
    won = least > 0
    least += 2 * half[..., :, None]
    least += 2 * half[..., None, :]
    lost = least < 0
    won &= apart
    lost &= apart
    lead = np.count_nonzero(won, axis=(-2, -1)) - np.count_nonzero(lost, axis=(-2, -1))
    won |= lost
    # in a flat array few places are found sooner
    undecided = np.unravel_index(np.flatnonzero((won != apart).reshape(-1)), R.shape)
    return ComparedPairs(lead, np.stack(undecided, axis=1), n_test * (n_test - 1) // 2)


def alike_rows(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark pairs of rows that are equal but for rounding, not a row with itself.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_rows, n_columns)

    Returns
    -------
    ndarray of bool, shape (n_rows, n_rows)
    """
    alike = np.zeros((len(rows), len(rows)), dtype=bool)
    largest = float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max(initial=0.0)))
    # Rows that are equal lie at one place on any line: only those near one another are compared.
    line = np.random.default_rng(0).standard_normal(rows.shape[1])
    places = rows @ line
    order = np.argsort(places)
    apart = np.diff(places[order]) > EQUAL * largest * np.abs(line).sum()
    for near in np.split(order, np.flatnonzero(apart) + 1):
        for n, row in enumerate(near[:-1]):
            others = near[n + 1 :]
            same = others[(np.abs(rows[others] - rows[row]) <= EQUAL * largest).all(axis=1)]
            alike[row, same] = alike[same, row] = True
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
