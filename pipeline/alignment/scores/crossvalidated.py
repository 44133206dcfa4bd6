"""Representational similarity by cross-validated distances, where stimuli were shown repeatedly.

A distance between two noisy patterns is too large by their noise, and the more so the noisier they
are. Products of differences in different showings are not: their mean is an unbiased estimate of
the squared Euclidean distance, 0 for patterns that do not differ (Walther et al. 2016; rsatoolbox's
crossnobis without a noise covariance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.scores.fit import Fit
from pipeline.alignment.scores.rsa import compare_rdms, rdm

LEAST_STIMULI = 3


@dataclass(frozen=True)
class Repeats:
    """Single showings of some of the stimuli.

    Parameters
    ----------
    values : ndarray of float, shape (n_repeats, n_repeated, n_voxels)
    rows : ndarray of int64, shape (n_repeated,)
        Which stimuli these are.
    """

    values: NDArray[np.floating]
    rows: NDArray[np.int64]


def rsa_crossvalidated(fit: Fit) -> float:
    """Compare distances between features with cross-validated ones between responses.

    Of the test stimuli that were repeated; NaN where there are fewer than three.
    """
    repeated = fit.repeated
    if repeated is None or len(repeated.places) < LEAST_STIMULI:
        return float("nan")
    own = np.ix_(repeated.places, repeated.places)
    return compare_rdms(rdm(fit.features.patterns[own]), repeated.distances)


def crossvalidated_products(showings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Average inner products of different showings over all pairs of these.

    Parameters
    ----------
    showings : ndarray of float, shape (n_repeats, n_stimuli, n_voxels)
        At least two repeats.

    Returns
    -------
    ndarray of float64, shape (n_stimuli, n_stimuli)
        Those of blocks of voxels add up.
    """
    n_repeats = len(showings)
    total = showings.sum(axis=0, dtype=np.float64)
    products: NDArray[np.float64] = total @ total.T
    for one in showings:
        own = one.astype(np.float64)
        products -= own @ own.T  # what is left are products of different showings
    return products / (n_repeats * (n_repeats - 1))


def distances_of(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn inner products into squared Euclidean distances, as scipy's ``pdist`` orders them.

    Of cross-validated products they may be below 0, where showings disagree.
    """
    lengths = np.diagonal(products)
    squares = lengths[:, None] + lengths - 2 * products
    distances: NDArray[np.float64] = squares[np.triu_indices(len(products), k=1)]
    return distances
