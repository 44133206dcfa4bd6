"""Scores of every alpha inside a training fold, from one eigendecomposition of a source.

With ``K = W diag(μ) Wᵀ`` the kernel of the rows that are kept and ``b = K_held,kept W``, ridge
predicts ``Ŷ_held(α) = g(α) Wᵀ Y_kept``, where ``g_ik = b_ik φ_k`` and ``φ_k = 1 / (μ_k + α)``.
The squared length of a prediction is ``g T gᵀ``, with ``T = Wᵀ S W`` and S the Gram matrix of the
target's patterns. Taken alpha by alpha that form would be most of all the work there is. But

    1 / ((μ_k + α) (μ_l + α)) = (φ_k - φ_l) / (μ_l - μ_k)

turns its double sum into single sums over poles, whose weights do not depend on alpha:

    q_i(α) = 2 Σ_k b_ik w_ik φ_k + Σ_k b_ik² T_kk φ_k²,   w_ik = Σ_{l≠k} b_il T_kl / (μ_l - μ_k).

So one product with ``T_kl / (μ_l - μ_k)`` serves all alphas. Everything is float64.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.correlations import rounding_share
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two

# Eigenvalues nearer than this, relative to μ + α, are one double pole. Treating them so is off by
# half its square, 1e-11, and dividing by a larger difference loses no more than that either.
NEAR = 5e-6
# A square below this share of what its weights could give has lost digits to cancellation: it is
# computed from the prediction itself.
CANCELLED = 1e-6
# Columns of a triangular factor that are multiplied at once, without the zeros above them.
N_PANELS = 6


@dataclass(frozen=True)
class InnerSource:
    """What a source predicts held-out rows with, for every alpha.

    Parameters
    ----------
    eigenvectors : ndarray of float64, shape (n_kept, rank)
        W, without those that play no part in predicting the held-out rows.
    projected : ndarray of float64, shape (n_held_out, rank)
        b.
    poles : ndarray of float64, shape (rank, n_alphas)
        φ.
    differences : ndarray of float64, shape (rank, n_alphas)
        φ less that of the largest eigenvalue: sums with w do not feel the shift, but it keeps
        the digits in which the poles of a large alpha differ.
    inverse_gaps : ndarray of float64, shape (rank, rank)
        ``1 / (μ_k - μ_l)``, 0 for eigenvalues that are near.
    near : ndarray of bool, shape (rank, rank), or None
        Eigenvalues that are near one another; None: each only itself.
    weights : ndarray of float64, shape (n_alphas, n_held_out, rank)
        g.
    """

    eigenvectors: NDArray[np.float64]
    projected: NDArray[np.float64]
    poles: NDArray[np.float64]
    differences: NDArray[np.float64]
    inverse_gaps: NDArray[np.float64]
    near: NDArray[np.bool_] | None
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class InnerTarget:
    """What predictions of held-out rows are compared with.

    Parameters
    ----------
    factor : ndarray of float64, shape (n_kept, n_kept)
        Lower triangular L with ``S = L Lᵀ``, S the Gram matrix of the kept rows' patterns.
    shared : ndarray of float64, shape (n_kept, n_held_out)
        Gram matrix of kept with held-out patterns, the latter of unit length.
    trace : float
        Of S.
    """

    factor: NDArray[np.float64]
    shared: NDArray[np.float64]
    trace: float


def inner_source(
    kernel: NDArray[np.float64],
    train: NDArray[np.int64],
    inner: Fold,
    penalties: NDArray[np.float64],
) -> InnerSource:
    """Decompose the kernel of the kept rows.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n_stimuli, n_stimuli)
        Of the source, z-scored by the outer training rows.
    train : ndarray of int, shape (n_train,)
        Outer training rows.
    inner : Fold
        Positions within ``train``.
    penalties : ndarray of float64, shape (n_alphas,)
        Absolute, above 0.
    """
    kept_rows, held_out = train[inner.train], train[inner.test]
    values, vectors = np.linalg.eigh(kernel[np.ix_(kept_rows, kept_rows)])
    values = np.maximum(values, 0.0)  # a Gram matrix has no negative eigenvalue: it is rounding
    projected = kernel[np.ix_(held_out, kept_rows)] @ vectors
    # Where features are fewer than stimuli most eigenvectors belong to 0 and predict nothing.
    rounding = len(kept_rows) * np.finfo(np.float64).eps * values[-1]
    used = (values > rounding) | (np.abs(projected).max(axis=0) > rounding)
    values, vectors, projected = values[used], vectors[:, used], projected[:, used]
    poles = 1 / (values[:, None] + penalties)
    largest = values.max(initial=0.0)
    gaps = values[:, None] - values
    near = np.abs(gaps) <= NEAR * (np.maximum(values[:, None], values) + penalties.min())
    return InnerSource(
        eigenvectors=vectors,
        projected=projected,
        poles=poles,
        differences=(largest - values)[:, None] * poles / (largest + penalties),
        inverse_gaps=np.divide(1.0, gaps, out=np.zeros_like(gaps), where=~near),
        near=near if np.count_nonzero(near) > len(values) else None,
        weights=projected * poles.T[:, None, :],
    )


def inner_target(
    patterns: NDArray[np.float64], train: NDArray[np.int64], inner: Fold
) -> InnerTarget:
    """Factorise the patterns' Gram matrix of the kept rows.

    Parameters
    ----------
    patterns : ndarray of float64, shape (n_stimuli, n_stimuli)
        Of the target: see :class:`Grams`. No diagonal element may be 0.
    train : ndarray of int, shape (n_train,)
    inner : Fold
        Positions within ``train``.
    """
    kept_rows, held_out = train[inner.train], train[inner.test]
    fitted = patterns[np.ix_(kept_rows, kept_rows)]
    lengths = np.sqrt(np.diagonal(patterns)[held_out])
    shared = patterns[np.ix_(kept_rows, held_out)] / lengths
    return InnerTarget(_triangular_factor(fitted), shared, float(np.trace(fitted)))


def inner_scores(source: InnerSource, target: InnerTarget) -> NDArray[np.float64]:
    """Score every alpha on the held-out rows.

    Returns
    -------
    ndarray of float64, shape (2, n_alphas)
        2v2 accuracy and mean correlation. A prediction without any variation has correlations of
        0, which make ties: see :func:`correlate`.
    """
    rotated = _times_triangular(source.eigenvectors.T, target.factor)
    squares = _squared_lengths(source, target, rotated)
    n_alphas, n_held_out, rank = source.weights.shape
    flat = source.weights.reshape(n_alphas * n_held_out, rank)  # one product beats one an alpha
    R = (flat @ (source.eigenvectors.T @ target.shared)).reshape(n_alphas, n_held_out, n_held_out)
    R /= np.sqrt(squares)[..., None]
    return np.array([two_vs_two(R), mean_correlation(R)])


def _squared_lengths(
    source: InnerSource, target: InnerTarget, rotated: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Square every prediction's length, infinity where rounding is all of it.

    Shape (n_alphas, n_held_out); ``rotated`` is ``Wᵀ L``.
    """
    b, poles = source.projected, source.poles
    T = rotated @ rotated.T
    single = b * (b @ (T * source.inverse_gaps))
    double = b * (b * np.diagonal(T) if source.near is None else b @ (T * source.near))
    squares = 2 * single @ source.differences + double @ poles**2
    bound = target.trace * (b**2 @ poles**2)
    held_out, alpha = np.nonzero(squares <= CANCELLED * bound)
    predicted = source.weights[alpha, held_out] @ rotated
    squares[held_out, alpha] = np.einsum("ij,ij->i", predicted, predicted)
    noise = rounding_share(len(target.factor)) * bound
    lengths: NDArray[np.float64] = np.where(squares > noise, squares, np.inf).T
    return lengths


def _triangular_factor(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lower triangular L with ``L Lᵀ`` a Gram matrix that may be singular."""
    try:
        return np.asarray(np.linalg.cholesky(gram), dtype=np.float64)
    except np.linalg.LinAlgError:  # fewer columns than stimuli, or stimuli that repeat
        values, vectors = np.linalg.eigh(gram)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return np.asarray(np.linalg.qr(root.T, mode="r"), dtype=np.float64).T


def _times_triangular(
    left: NDArray[np.float64], factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Multiply by a lower triangular matrix, panel by panel, without most of its zeros."""
    product = np.empty((len(left), len(factor)))
    edges = np.linspace(0, len(factor), N_PANELS + 1).astype(int)
    for start, stop in itertools.pairwise(edges):
        product[:, start:stop] = left[:, start:] @ factor[start:, start:stop]
    return product
