"""P values of a family of tests, corrected for how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Correct p values so that the chance of any false positive holds (Holm 1979).

    Parameters
    ----------
    p : array_like, shape (n_tests,)
        NaN is no test: it stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (n_tests,)
    """
    values = np.asarray(p, dtype=np.float64)
    corrected = np.full(len(values), np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return corrected


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Correct p values so that the share of false positives among positives holds (1995).

    Parameters and returned values as for :func:`holm`.
    """
    values = np.asarray(p, dtype=np.float64)
    corrected = np.full(len(values), np.nan)
    tested = ~np.isnan(values)
    if tested.any():
        corrected[tested] = false_discovery_control(values[tested])
    return corrected
