"""The code a user would write instead: himalaya's KernelRidgeCV, its predictions, 2v2 of those."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from himalaya.backend import get_backend
from himalaya.kernel_ridge import KernelRidgeCV
from numpy.typing import NDArray

from pipeline.alignment import two_vs_two
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.two_vs_two import mean_correlation

Array = NDArray[np.floating]
# Fastest here of 500, 2,000 and all: predictions of all alphas then stay near the cache.
TARGETS_AT_ONCE = 500


@dataclass(frozen=True)
class PeerScore:
    """One outer fold: the alpha chosen, relative, and the test scores.

    Parameters
    ----------
    alpha, two_vs_two, correlation : float
    """

    alpha: float
    two_vs_two: float
    correlation: float


def align_with_himalaya(
    x: Array,
    y: Array,
    folds: Sequence[NestedFold],
    alphas: NDArray[np.float64],
    dtype: type[np.floating],
) -> list[PeerScore]:
    """Predict y from x in every fold, with one alpha for all targets.

    z-scores come from the outer training rows. A single alpha is both what is compared here and
    the faster of KernelRidgeCV's ways: it refits one set of weights instead of one per alpha.
    """
    scores = []
    for fold in folds:
        train, test = fold.outer.train, fold.outer.test
        zx, zy = (z_scored(values.astype(dtype), train) for values in (x, y))
        scale = float((zx[train] ** 2).sum()) / len(train)
        model = KernelRidgeCV(
            alphas=(alphas * scale).astype(dtype),
            kernel="linear",
            cv=[(inner.train, inner.test) for inner in fold.inner],
            solver_params={"local_alpha": False, "n_targets_batch": TARGETS_AT_ONCE},
            warn=False,
        )
        model.fit(zx[train], zy[train])
        R = _unit_rows(get_backend().to_numpy(model.predict(zx[test]))) @ _unit_rows(zy[test]).T
        alpha = float(model.best_alphas_[0]) / scale
        scores.append(PeerScore(alpha, float(two_vs_two(R)), float(mean_correlation(R))))
    return scores


def largest_difference(
    x: Array, y: Array, folds: Sequence[NestedFold], scores: Sequence[PeerScore]
) -> float:
    """Score with the engine under the alphas the peer chose, and compare.

    Returns the largest absolute difference of 2v2 accuracy or mean correlation in any fold.
    """
    differences = [0.0]
    for fold, peer in zip(folds, scores, strict=True):
        train, test = fold.outer.train, fold.outer.test
        ridge = factorise(gram_matrices(x, train).kernel, train, test)
        R = correlations(ridge.hat(peer.alpha), gram_matrices(y, train).patterns, train, test)
        differences.append(abs(float(two_vs_two(R)) - peer.two_vs_two))
        differences.append(abs(float(mean_correlation(R)) - peer.correlation))
    return max(differences)


def looped_two_vs_two(predicted: Array, true: Array) -> float:
    """Score 2v2 pair by pair from explicit patterns, as it is often written."""

    def r(a: Array, b: Array) -> float:
        return float(np.corrcoef(a, b)[0, 1])

    points = []
    for i, j in itertools.combinations(range(len(true)), 2):
        matched = r(predicted[i], true[i]) + r(predicted[j], true[j])
        exchanged = r(predicted[i], true[j]) + r(predicted[j], true[i])
        points.append(0.5 * (matched == exchanged) + (matched > exchanged))
    return float(np.mean(points))


def z_scored(values: Array, train: NDArray[np.int64]) -> Array:
    """Z-score columns by the training rows, in the type that they have."""
    centred = values - values[train].mean(axis=0)
    scored: Array = centred / centred[train].std(axis=0)
    return scored


def _unit_rows(values: Array) -> NDArray[np.float64]:
    centred = values - values.mean(axis=1, keepdims=True)
    unit: NDArray[np.float64] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit
