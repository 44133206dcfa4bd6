"""2v2 accuracy and its companions, from correlations of predicted with true patterns."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

# Two stimuli with equal predictions, or equal patterns, tie; what rounding makes of their
# correlations, most of all in a singular kernel under a small alpha, must not decide for either.
TIE = 1e-10


def two_vs_two(
    R: NDArray[np.float64], pairs: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Share of pairs of test stimuli whose predictions fit better as they are than exchanged.

    Parameters
    ----------
    R : ndarray of float64, shape (..., n_test, n_test)
        ``[..., i, j]``: correlation of predicted pattern i with true pattern j; n_test >= 2.
    pairs : ndarray of bool, shape (n_test, n_test), optional
        Which pairs count, from :func:`pairs_within`; None: all.

    Returns
    -------
    ndarray of float64, shape (...)
        Over these pairs i < j, the mean of 1 where ``(r_ii - r_ij) + (r_jj - r_ji) > 0``, ½ where
        it is 0 but for rounding (:data:`TIE`), and 0 elsewhere. Chance is ½, which is also the
        answer without any pair.

    Notes
    -----
    Eq. 1 of the paper (2v2 accuracy as in Oota et al., after Mitchell et al. 2008). Both
    cross terms pair a predicted with a true pattern.

    Examples
    --------
    Every prediction fits its own pattern at least as well as any other.

    >>> import numpy as np
    >>> R = np.array([[0.9, 0.1, 0.3], [0.2, 0.8, 0.1], [0.5, 0.1, 0.5]])
    >>> float(two_vs_two(R))
    1.0
    >>> float(two_vs_two(-R))
    0.0
    """
    xp = array_namespace(R)
    gain = xp.linalg.diagonal(R)[..., :, None] - R
    gain = gain + xp.matrix_transpose(gain)
    n_test = R.shape[-1]
    n_counted = n_test * (n_test - 1)
    if pairs is not None:
        gain *= pairs
        n_counted = max(1, np.count_nonzero(pairs))
    # Every pair stands above and below the diagonal; on it the gain is 0 and counts for neither.
    won = xp.count_nonzero(gain > TIE, axis=(-2, -1))
    lost = xp.count_nonzero(gain < -TIE, axis=(-2, -1))
    lead = xp.astype(won - lost, xp.float64)  # the standard divides no integers
    accuracy: NDArray[np.float64] = 0.5 + lead / (2 * n_counted)
    return accuracy


def pairs_within(labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Mark the pairs of different stimuli with one label, as of one topic: the hard pairs.

    Parameters
    ----------
    labels : ndarray, shape (n_test,)

    Returns
    -------
    ndarray of bool, shape (n_test, n_test)
        Symmetric, so every pair is marked twice; False on the diagonal.
    """
    pairs: NDArray[np.bool_] = labels[:, None] == labels
    np.fill_diagonal(pairs, val=False)
    return pairs


def rank_accuracy(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean share of other test stimuli whose true pattern fits a prediction less than its own.

    Parameters
    ----------
    R : ndarray of float64, shape (..., n_test, n_test)
        As in :func:`two_vs_two`.

    Returns
    -------
    ndarray of float64, shape (...)
        ``1 - (rank - 1) / (n_test - 1)``, averaged over stimuli, ties counted half (Pereira et
        al. 2018). Chance is ½.
    """
    gain = np.diagonal(R, axis1=-2, axis2=-1)[..., :, None] - R
    n_test = R.shape[-1]
    above = np.count_nonzero(gain > TIE, axis=(-2, -1))
    below = np.count_nonzero(gain < -TIE, axis=(-2, -1))
    accuracy: NDArray[np.float64] = 0.5 + (above - below) / (2 * n_test * (n_test - 1))
    return accuracy


def mean_correlation(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean correlation of predicted with own true pattern, shape (...), of R (..., n, n)."""
    xp = array_namespace(R)
    mean: NDArray[np.float64] = xp.mean(xp.linalg.diagonal(R), axis=-1)
    return mean
