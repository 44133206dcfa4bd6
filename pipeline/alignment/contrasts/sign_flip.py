"""The exact test over subjects alone: signs of their differences are flipped in all ways."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

#: With more subjects than this, signs are drawn at random: this many ways are all tried.
MOST_EXACT = 14
N_DRAWN = 20_000


def sign_flip_p(differences: ArrayLike) -> float:
    """Test whether differences are symmetric about 0, two-sided.

    Parameters
    ----------
    differences : array_like, shape (n_subjects,)

    Returns
    -------
    float
        Share of the ways to flip signs whose absolute mean is at least that observed. Exact for
        these stimuli and models: it says nothing about others.
    """
    values = np.asarray(differences, dtype=np.float64)
    observed = abs(values.sum())
    if len(values) <= MOST_EXACT:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(values))))
        counted, n_ways = np.abs(signs @ values), len(signs)
        extra = 0
    else:
        rng = np.random.default_rng(0)
        drawn = rng.choice((1.0, -1.0), size=(N_DRAWN, len(values)))
        counted, n_ways, extra = np.abs(drawn @ values), N_DRAWN + 1, 1
    # sums that are equal but for rounding are equal
    as_extreme = np.count_nonzero(counted >= observed * (1 - 1e-12)) + extra
    return float(as_extreme / n_ways)


def least_p(n_subjects: int) -> float:
    """Give the least p value that flipping the signs of so many differences can reach."""
    return float(2.0 ** (1 - n_subjects)) if n_subjects <= MOST_EXACT else 1 / (N_DRAWN + 1)
