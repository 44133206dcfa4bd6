"""Scores of every alpha inside a training fold, from one eigendecomposition of a source.

With ``K = W diag(μ) Wᵀ`` the kernel of the rows that are kept and ``b = K_held,kept W``, ridge
predicts ``Ŷ_held(α) = g(α) Wᵀ Y_kept``, where ``g_ik = b_ik φ_k`` and ``φ_k = 1 / (μ_k + α)``.
The squared length of a prediction is ``g T gᵀ``, with ``T = Wᵀ S W`` and S the Gram matrix of the
target's patterns. Taken alpha by alpha that form would be most of all the work there is. But

    1 / ((μ_k + α) (μ_l + α)) = (φ_k - φ_l) / (μ_l - μ_k)

turns its double sum into single sums over poles, whose weights do not depend on alpha:

    q_i(α) = 2 Σ_k b_ik w_ik φ_k + Σ_k b_ik² T_kk φ_k²,   w_ik = Σ_{l≠k} b_il T_kl / (μ_l - μ_k).

So one product with ``T_kl / (μ_l - μ_k)`` serves all alphas. What predictions share with true
patterns is linear in φ, and the φ of all alphas are mixtures of fewer functions of k.

Large products may be taken in float32: decomposition, poles and sums over them stay in float64, so
that no small alpha loses its digits, and every score comes with a bound of its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.correlations import rounding_share
from pipeline.alignment.kernel.decided import AlphaScores, alike_rows, decided_two_vs_two
from pipeline.alignment.kernel.mixtures import mixed_poles
from pipeline.alignment.kernel.triangular import times_triangular, triangular_factor
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two

# Eigenvalues nearer than this, relative to μ + α, are one double pole. Treating them so is off by
# half its square, 1e-11, and dividing by a larger difference loses no more than that either.
NEAR = 5e-6
# A square below this share of what its weights could give has lost digits to cancellation: it is
# computed from the prediction itself.
CANCELLED = 1e-6
# Kept rows from which products in float32 save more than bounds and second looks cost.
SINGLE_FROM = 200
# Rounding errors add up as random walks (Higham and Mary, 2019): five of their typical lengths.
SAFETY = 5


@dataclass(frozen=True)
class InnerSource:
    """What a source predicts held-out rows with, for every alpha.

    Parameters
    ----------
    eigenvectors : ndarray of float32 or float64, shape (n_kept, rank)
        W, without those that play no part in predicting the held-out rows. Its type is that of
        all large products.
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
    mixed : ndarray of float32 or float64, shape (n_mixed, n_held_out, rank)
        Weights that those of all alphas are mixtures of.
    mixtures : ndarray of float32 or float64, shape (n_alphas, n_mixed)
        ``g = mixtures mixed``.
    uncertain : ndarray of float64, shape (n_alphas, n_held_out)
        Length of what rounding and mixing may have changed in g.
    alike : ndarray of bool, shape (n_held_out, n_held_out)
        Held-out rows that are predicted alike under every alpha; not on the diagonal.
    """

    eigenvectors: NDArray[np.floating]
    projected: NDArray[np.float64]
    poles: NDArray[np.float64]
    differences: NDArray[np.float64]
    inverse_gaps: NDArray[np.float64]
    near: NDArray[np.bool_] | None
    mixed: NDArray[np.floating]
    mixtures: NDArray[np.floating]
    uncertain: NDArray[np.float64]
    alike: NDArray[np.bool_]


@dataclass(frozen=True)
class InnerTarget:
    """What predictions of held-out rows are compared with.

    Parameters
    ----------
    factor : ndarray of float64, shape (n_kept, n_kept)
        Lower triangular L with ``S = L Lᵀ``, S the Gram matrix of the kept rows' patterns.
    shared : ndarray of float64, shape (n_kept, n_held_out)
        Gram matrix of kept with held-out patterns, the latter of unit length.
    trace, widest, longest : float
        Trace of S; largest length of a column of L, and of ``shared``.
    alike : ndarray of bool, shape (n_held_out, n_held_out)
        Held-out rows with equal patterns; not on the diagonal.
    """

    factor: NDArray[np.floating]
    shared: NDArray[np.floating]
    trace: float
    widest: float
    longest: float
    alike: NDArray[np.bool_]


def precision(n_kept: int) -> type[np.floating]:
    """Say in which type the large products of so many kept rows are taken."""
    return np.float32 if n_kept >= SINGLE_FROM else np.float64


def inner_source(
    kernel: NDArray[np.float64],
    train: NDArray[np.int64],
    inner: Fold,
    penalties: NDArray[np.float64],
    dtype: DTypeLike = np.float64,
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
    dtype : float32 or float64
        Of the large products: see :func:`precision`.
    """
    rows, held_out = train[inner.train], train[inner.test]
    values, vectors = np.linalg.eigh(kernel[np.ix_(rows, rows)])
    values = np.maximum(values, 0.0)  # a Gram matrix has no negative eigenvalue: it is rounding
    projected = kernel[np.ix_(held_out, rows)] @ vectors
    # Where features are fewer than stimuli most eigenvectors belong to 0 and predict nothing.
    rounding = len(rows) * np.finfo(np.float64).eps * values[-1]
    used = (values > rounding) | (np.abs(projected).max(axis=0) > rounding)
    values, vectors, projected = values[used], vectors[:, used], projected[:, used]
    poles = 1 / (values[:, None] + penalties)
    largest = values.max(initial=0.0)
    gaps = values[:, None] - values
    near = np.abs(gaps) <= NEAR * (np.maximum(values[:, None], values) + penalties.min())
    mixtures, functions = mixed_poles(poles, projected, np.finfo(dtype).eps)
    squares = projected**2
    left_out = np.sqrt(squares @ ((mixtures @ functions).T - poles) ** 2).T
    lengths = np.abs(mixtures) @ np.sqrt(squares @ functions.T**2).T
    return InnerSource(
        eigenvectors=vectors.astype(dtype),
        projected=projected,
        poles=poles,
        differences=(largest - values)[:, None] * poles / (largest + penalties),
        inverse_gaps=np.divide(1.0, gaps, out=np.zeros_like(gaps), where=~near),
        near=near if np.count_nonzero(near) > len(values) else None,
        mixed=projected.astype(dtype) * functions.astype(dtype)[:, None, :],
        mixtures=mixtures.astype(dtype),
        uncertain=SAFETY * np.finfo(dtype).eps / 2 * lengths + left_out,
        alike=alike_rows(projected * poles.max(axis=1, initial=0.0)),
    )


def inner_target(
    patterns: NDArray[np.float64],
    train: NDArray[np.int64],
    inner: Fold,
    dtype: DTypeLike = np.float64,
) -> InnerTarget:
    """Factorise the patterns' Gram matrix of the kept rows.

    Parameters
    ----------
    patterns : ndarray of float64, shape (n_stimuli, n_stimuli)
        Of the target: see :class:`Grams`. No diagonal element may be 0.
    train : ndarray of int, shape (n_train,)
    inner : Fold
        Positions within ``train``.
    dtype : float32 or float64
        As for :func:`inner_source`.
    """
    rows, held_out = train[inner.train], train[inner.test]
    fitted = patterns[np.ix_(rows, rows)]
    lengths = np.sqrt(np.diagonal(patterns)[held_out])
    shared = patterns[np.ix_(rows, held_out)] / lengths
    factor = triangular_factor(fitted)
    return InnerTarget(
        factor=factor.astype(dtype),
        shared=shared.astype(dtype),
        trace=float(np.trace(fitted)),
        widest=float(np.sqrt(np.einsum("ij,ij->j", factor, factor).max())),
        longest=float(np.sqrt(np.einsum("ij,ij->j", shared, shared).max())),
        alike=alike_rows(shared.T),
    )


def inner_scores(source: InnerSource, target: InnerTarget) -> AlphaScores:
    """Score every alpha on the held-out rows.

    A prediction without any variation has correlations of 0, which make ties: see
    :func:`correlate`.
    """
    rotated = times_triangular(source.eigenvectors.T, target.factor)
    squares, changes = _squared_lengths(source, target, rotated)
    n_mixed, n_held_out, rank = source.mixed.shape
    flat = source.mixed.reshape(n_mixed * n_held_out, rank)  # one product beats one an alpha
    shared = flat @ (source.eigenvectors.T @ target.shared)
    R = (source.mixtures @ shared.reshape(n_mixed, n_held_out**2)).reshape(
        -1, n_held_out, n_held_out
    )
    lengths = np.sqrt(squares)
    R /= lengths.astype(R.dtype)[..., None]
    if R.dtype == np.float64:
        values = np.array([two_vs_two(R), mean_correlation(R)])
        return AlphaScores(values, np.zeros_like(values))
    reach = np.maximum(R.max(axis=-1), -R.min(axis=-1))
    errors = source.uncertain * target.longest / lengths
    errors += (changes + 2 * np.finfo(R.dtype).eps) * reach
    errors[~np.isfinite(squares)] = np.inf  # whether such a row varies cannot be told from here
    accuracy, undecided = decided_two_vs_two(R, 4 * errors.max(axis=1), source.alike | target.alike)
    values = np.array([accuracy, mean_correlation(R)], dtype=np.float64)
    return AlphaScores(values, np.array([undecided, errors.mean(axis=1)]))


def _squared_lengths(
    source: InnerSource, target: InnerTarget, rotated: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Square every prediction's length, infinity where rounding is all of it.

    Shape (n_alphas, n_held_out), as the share of a length that rounding may have changed;
    ``rotated`` is ``Wᵀ L``.
    """
    b, poles = source.projected, source.poles
    T = rotated @ rotated.T
    weights, own = b**2, np.diagonal(T).astype(np.float64)
    single = b * (b @ (T * source.inverse_gaps))
    double = weights * own if source.near is None else b * (b @ (T * source.near))
    squares = 2 * single @ source.differences + double @ poles**2
    lengths = weights @ poles**2
    bound = target.trace * lengths
    held_out, alpha = np.nonzero(squares <= CANCELLED * bound)
    predicted = (b[held_out] * poles[:, alpha].T) @ rotated
    squares[held_out, alpha] = np.einsum("ij,ij->i", predicted, predicted)
    noise = rounding_share(len(target.factor)) * bound
    squares = np.where(squares > noise, squares, np.inf)
    rounding = SAFETY * float(np.finfo(T.dtype).eps) / 2
    along = np.sqrt(lengths / squares) * target.widest
    across = (weights * own) @ poles**2 / (2 * squares)
    changes: NDArray[np.float64] = rounding * (along + across)
    return squares.T, changes.T
