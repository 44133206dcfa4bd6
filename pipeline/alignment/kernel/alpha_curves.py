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

Large products are taken in float32: decomposition, poles and sums over them stay in float64, so
that no small alpha loses its digits, and every score comes with a bound of its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.correlations import (
    TruePatterns,
    correlate,
    patterns_of,
    rounding_share,
)
from pipeline.alignment.kernel.decided import AlphaScores, alike_rows
from pipeline.alignment.kernel.mixed import EPS, LARGEST_CHANGE, ROUNDING, mixed_scores
from pipeline.alignment.kernel.mixtures import mixed_poles
from pipeline.alignment.kernel.ridge import Ridge, decomposed, without_idle
from pipeline.alignment.kernel.triangular import times_triangular, triangular_factor

# Eigenvalues nearer than this, relative to μ + α, are one double pole. Treating them so is off by
# half its square, 1e-11, and dividing by a larger difference loses no more than that either.
NEAR = 5e-6


@dataclass(frozen=True)
class InnerSource:
    """What a source predicts held-out rows with, for every alpha.

    Parameters
    ----------
    ridge : Ridge
        μ, W and b in float64, without eigenvectors that play no part in predicting the held-out
        rows.
    eigenvectors : ndarray of float32, shape (n_kept, rank)
        W.
    poles : ndarray of float64, shape (rank, n_alphas)
        φ.
    differences : ndarray of float64, shape (rank, n_alphas)
        φ less that of the largest eigenvalue: sums with w do not feel the shift, but it keeps
        the digits in which the poles of a large alpha differ.
    inverse_gaps : ndarray of float64, shape (rank, rank)
        ``1 / (μ_k - μ_l)``, 0 for eigenvalues that are near.
    near : ndarray of bool, shape (rank, rank), or None
        Eigenvalues that are near one another; None: each only itself.
    mixed : ndarray of float32, shape (n_mixed, n_held_out, rank)
        Weights that those of all alphas are mixtures of.
    mixtures : ndarray of float64, shape (n_alphas, n_mixed)
        ``g = mixtures mixed``.
    uncertain : ndarray of float64, shape (n_alphas, n_held_out)
        Length of what rounding and mixing may have changed in g.
    alike : ndarray of bool, shape (n_held_out, n_held_out)
        Held-out rows that are predicted alike under every alpha; not on the diagonal.
    """

    ridge: Ridge
    eigenvectors: NDArray[np.float32]
    poles: NDArray[np.float64]
    differences: NDArray[np.float64]
    inverse_gaps: NDArray[np.float64]
    near: NDArray[np.bool_] | None
    mixed: NDArray[np.float32]
    mixtures: NDArray[np.float64]
    uncertain: NDArray[np.float64]
    alike: NDArray[np.bool_]

    def rows(self, alphas: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return some rows of the hat matrices of some alphas, shape (n_some, n_kept)."""
        weights = self.ridge.predicted[rows] * self.poles.T[alphas]
        hats: NDArray[np.float64] = weights @ self.ridge.fitted.T
        return hats


@dataclass(frozen=True)
class InnerTarget:
    """What predictions of held-out rows are compared with.

    Parameters
    ----------
    factor : ndarray of float32, shape (n_kept, n_kept)
        Lower triangular L with ``S = L Lᵀ``, S the Gram matrix of the kept rows' patterns.
    shared : ndarray of float32, shape (n_kept, n_held_out)
        Gram matrix of kept with held-out patterns, the latter of unit length.
    trace, widest, longest : float
        Trace of S; largest length of a column of L, and of ``shared``.
    alike : ndarray of bool, shape (n_held_out, n_held_out)
        Held-out rows with equal patterns; not on the diagonal.
    exact : TruePatterns
        What all this was made of, in float64; held-out patterns have unit length.
    """

    factor: NDArray[np.float32]
    shared: NDArray[np.float32]
    trace: float
    widest: float
    longest: float
    alike: NDArray[np.bool_]
    exact: TruePatterns


def inner_source(
    gram: NDArray[np.float64], crossed: NDArray[np.float64], penalties: NDArray[np.float64]
) -> InnerSource:
    """Decompose the kernel of the kept rows.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_kept, n_kept)
        K.
    crossed : ndarray of float64, shape (n_held_out, n_kept)
        ``K_held,kept``.
    penalties : ndarray of float64, shape (n_alphas,)
        Absolute, above 0.
    """
    ridge = without_idle(decomposed(gram, crossed, scale=1.0))
    values, projected = ridge.eigenvalues, ridge.predicted
    poles = 1 / (values[:, None] + penalties)
    largest = values.max(initial=0.0)
    gaps = values[:, None] - values
    near = np.abs(gaps) <= NEAR * (np.maximum(values[:, None], values) + penalties.min())
    mixtures, functions = mixed_poles(poles, projected, EPS)
    squares = projected**2
    left_out = np.sqrt(squares @ ((mixtures @ functions).T - poles) ** 2).T
    lengths = np.abs(mixtures) @ np.sqrt(squares @ functions.T**2).T
    single, mixed = projected.astype(np.float32), functions.astype(np.float32)
    return InnerSource(
        ridge=ridge,
        eigenvectors=ridge.fitted.astype(np.float32),
        poles=poles,
        differences=(largest - values)[:, None] * poles / (largest + penalties),
        inverse_gaps=np.divide(1.0, gaps, out=np.zeros_like(gaps), where=~near),
        near=near if np.count_nonzero(near) > len(values) else None,
        mixed=np.multiply(single, mixed[:, None, :]),
        mixtures=mixtures,
        uncertain=ROUNDING * lengths + left_out,
        alike=alike_rows(projected * poles.max(axis=1, initial=0.0)),
    )


def inner_target(fitted: NDArray[np.float64], shared: NDArray[np.float64]) -> InnerTarget:
    """Factorise the patterns' Gram matrix of the kept rows.

    Parameters
    ----------
    fitted : ndarray of float64, shape (n_kept, n_kept)
        S.
    shared : ndarray of float64, shape (n_kept, n_held_out)
        Gram matrix of kept with held-out patterns, the latter of unit length.
    """
    factor = triangular_factor(fitted)
    return InnerTarget(
        factor=factor.astype(np.float32, order="F"),
        shared=shared.astype(np.float32),
        trace=float(np.trace(fitted)),
        widest=float(np.sqrt(np.einsum("ij,ij->j", factor, factor).max())),
        longest=float(np.sqrt(np.einsum("ij,ij->j", shared, shared).max())),
        alike=alike_rows(shared.T),
        exact=patterns_of(fitted, shared, np.ones(shared.shape[1])),
    )


def inner_scores(source: InnerSource, target: InnerTarget) -> AlphaScores:
    """Score every alpha on the held-out rows.

    A prediction without any variation has correlations of 0, which make ties: see
    :func:`correlate`.
    """
    lengths, changes = _lengths(source, target)
    n_mixed, n_held_out, rank = source.mixed.shape
    flat = source.mixed.reshape(n_mixed * n_held_out, rank)  # one product beats one an alpha
    shared = flat @ (source.eigenvectors.T @ target.shared)
    errors = source.uncertain * target.longest / lengths

    def exact_rows(alphas: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return correlate(source.rows(alphas, rows), target.exact)

    ties = source.alike | target.alike
    by_row = shared.reshape(n_mixed, n_held_out, n_held_out)
    return mixed_scores(by_row, source.mixtures, lengths, (errors, changes), ties, exact_rows)


def _lengths(
    source: InnerSource, target: InnerTarget
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the length of every prediction, and the share of it that rounding may have changed.

    Each of shape (n_alphas, n_held_out); a length that may have changed by more than
    ``LARGEST_CHANGE``, or that rounding is all of, is infinite.
    """
    b, poles = source.ridge.predicted, source.poles
    rotated = times_triangular(source.eigenvectors.T, target.factor)
    T = rotated @ rotated.T
    weights, own = b**2, np.diagonal(T).astype(np.float64)
    single = b * (b @ (T * source.inverse_gaps))
    double = weights * own if source.near is None else b * (b @ (T * source.near))
    squares = 2 * single @ source.differences + double @ poles**2
    lengths = weights @ poles**2
    noise = rounding_share(len(target.factor)) * target.trace * lengths
    squares = np.where(squares > noise, squares, np.inf)
    along = np.sqrt(lengths / squares) * target.widest
    across = (weights * own) @ poles**2 / (2 * squares)
    changes = ROUNDING * (along + across)
    roots = np.where(changes <= LARGEST_CHANGE, np.sqrt(squares), np.inf)
    return roots.T, changes.T
