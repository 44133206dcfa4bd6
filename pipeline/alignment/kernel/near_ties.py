"""Candidates for the best inner score: what nothing else surely surpasses, errors considered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.words import Objective


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
