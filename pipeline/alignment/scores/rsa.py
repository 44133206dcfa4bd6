"""Representational similarity: whether features and responses hold the same stimuli apart.

Of each side a matrix of dissimilarities between test stimuli (RDM) is formed, 1 - Pearson
correlation or 1 - cosine of two patterns, and the two RDMs are compared by the rank correlation of
their upper triangles (Kriegeskorte, Mur and Bandettini 2008). Nothing is fitted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.scores.fit import Fit


def rsa_pearson(fit: Fit) -> float:
    """Compare RDMs of correlation distances."""
    return compare_rdms(rdm(fit.features.patterns), rdm(fit.responses.patterns))


def rsa_cosine(fit: Fit) -> float:
    """Compare RDMs of cosine distances of z-scored patterns."""
    return compare_rdms(rdm(fit.features.kernel), rdm(fit.responses.kernel))


def rdm(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a Gram matrix of patterns into their distances.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_test, n_test)
        Inner products of patterns, centred over columns for correlation distances. A pattern of
        length 0 is at distance 1 from all others.

    Returns
    -------
    ndarray of float64, shape (n_test (n_test - 1) / 2,)
        1 - cosine, row by row of the upper triangle, as scipy's ``pdist`` orders it.
    """
    lengths = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    products = np.outer(lengths, lengths)
    cosine = np.divide(gram, products, out=np.zeros_like(gram), where=products > 0)
    distances: NDArray[np.float64] = 1 - cosine[np.triu_indices(len(gram), k=1)]
    return distances


def compare_rdms(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation of two RDMs, ties sharing ranks; 0 where one is flat.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_pairs,)
    """
    ranks = [pd.Series(one.round(12)).rank().to_numpy() for one in (first, second)]
    a, b = (one - one.mean() for one in ranks)
    norm = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return float(np.vdot(a, b)) / norm if norm > 0 else 0.0
