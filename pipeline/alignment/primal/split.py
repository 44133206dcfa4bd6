"""One source and one target with some rows fitted and others held out, on the primal side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.primal.ridge import decompose


@dataclass(frozen=True)
class RotatedRows:
    """Held-out rows of a source in the basis in which the rows that are kept are uncorrelated.

    Parameters
    ----------
    held_out : ndarray of int, shape (n_held_out,)
        Rows among all stimuli.
    eigenvalues : ndarray of float64, shape (n_columns,)
        Of ``Zᵀ Z`` over the kept rows.
    rotated : ndarray of float64, shape (n_held_out, n_columns)
        Held-out rows in the basis of the eigenvectors.
    """

    held_out: NDArray[np.int64]
    eigenvalues: NDArray[np.float64]
    rotated: NDArray[np.float64]


@dataclass(frozen=True)
class SourceSplit(RotatedRows):
    """A source decomposed over the rows that are kept, for any penalty and target.

    Parameters
    ----------
    held_out, eigenvalues, rotated : ndarray
        See :class:`RotatedRows`.
    kept_rows : ndarray of int, shape (n_kept,)
        Rows among all stimuli.
    eigenvectors : ndarray of float64, shape (n_columns, n_columns)
        Of ``Zᵀ Z`` over the kept rows.
    """

    kept_rows: NDArray[np.int64]
    eigenvectors: NDArray[np.float64]


@dataclass(frozen=True)
class TargetSplit:
    """A target in the coordinates in which predicting it from one source is cheapest.

    Parameters
    ----------
    loadings : ndarray of float64, shape (n_columns, n_coordinates)
        ``Vᵀ Zᵀ Y`` over the kept rows.
    unit : ndarray of float64, shape (n_held_out, n_coordinates)
        True patterns of the held-out rows, each over its norm.
    rounding : float
        What rounding can leave of the square of a predicted pattern that should be 0, per square
        of its row of the hat matrix: the rule of ``TruePatterns`` in ``kernel/correlations.py``.
    """

    loadings: NDArray[np.float64]
    unit: NDArray[np.float64]
    rounding: float


def split_source(
    z: NDArray[np.float64],
    cross: NDArray[np.float64],
    kept_rows: NDArray[np.int64],
    held_out: NDArray[np.int64],
) -> SourceSplit:
    """Decompose a source over its kept rows.

    Parameters
    ----------
    z : ndarray of float64, shape (n_stimuli, n_columns)
    cross : ndarray of float64, shape (n_columns, n_columns)
        ``Zᵀ Z`` over the kept rows.
    kept_rows, held_out : ndarray of int
    """
    values, vectors = decompose(cross)
    return SourceSplit(held_out, values, z[held_out] @ vectors, kept_rows, vectors)


def split_target(
    source: SourceSplit, patterns: NDArray[np.float64], cross: NDArray[np.float64]
) -> TargetSplit:
    """Bring a target to the coordinates of a source's split.

    Predictions of q columns from p lie in p dimensions. Where q is larger, predicted and true
    patterns are turned into an orthonormal basis of them: no inner product between a predicted
    and any other pattern changes, and true patterns keep the norms they had.

    Parameters
    ----------
    source : SourceSplit
    patterns : ndarray of float64, shape (n_stimuli, n_target_columns)
    cross : ndarray of float64, shape (n_columns, n_target_columns)
        ``Zᵀ Y`` over the kept rows.
    """
    loadings = source.eigenvectors.T @ cross
    true = patterns[source.held_out]
    unit = true / np.sqrt(np.einsum("ij,ij->i", true, true))[:, None]
    if loadings.shape[1] > loadings.shape[0]:
        basis, triangle = np.linalg.qr(loadings.T)
        loadings, unit = triangle.T, unit @ basis
    return TargetSplit(loadings, unit, rounding_of(patterns[source.kept_rows]))


def rounding_of(fitted: NDArray[np.float64]) -> float:
    """Say what rounding can leave of squares: see :class:`TargetSplit`.

    Parameters
    ----------
    fitted : ndarray of float64, shape (n_kept, n_target_columns)
        Patterns of the kept rows.
    """
    return len(fitted) * float(np.finfo(np.float64).eps) * float(np.vdot(fitted, fitted))


def correlate_split(
    source: RotatedRows, target: TargetSplit, penalties: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate every predicted held-out pattern with every true one, for every penalty.

    Parameters
    ----------
    source : RotatedRows
    target : TargetSplit
    penalties : ndarray of float64, shape (n_penalties,)
        Absolute, above 0; infinity predicts nothing.

    Returns
    -------
    ndarray of float64, shape (n_penalties, n_held_out, n_held_out)
        As ``correlate`` of ``kernel/correlations.py`` returns it: rows are predictions, and a
        predicted pattern without any variation has correlations 0.
    """
    weights = source.rotated / (source.eigenvalues + penalties[:, None, None])
    return correlate_weights(weights, source.eigenvalues, target)


def correlate_weights(
    weights: NDArray[np.float64], eigenvalues: NDArray[np.float64], target: TargetSplit
) -> NDArray[np.float64]:
    """Correlate predictions, given as weights of a target's loadings, with every true pattern.

    Parameters
    ----------
    weights : ndarray of float64, shape (..., n_rows, n_columns)
    eigenvalues : ndarray of float64, shape (n_columns,)
        Of the source.
    target : TargetSplit

    Returns
    -------
    ndarray of float64, shape (..., n_rows, n_held_out)
    """
    predicted = weights @ target.loadings
    squares = np.einsum("...j,...j->...", predicted, predicted)
    # ‖H_i‖² = Σ w² s: the hat matrix itself is never formed.
    noise = target.rounding * ((weights * weights) @ eigenvalues)
    predicted /= np.sqrt(np.where(squares > noise, squares, np.inf))[..., None]
    R: NDArray[np.float64] = predicted @ target.unit.T
    return R
