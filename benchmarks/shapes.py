"""Encode in one fold at other shapes than Pereira's, beside himalaya and scikit-learn.

    python -m benchmarks.shapes                # all shapes
    python -m benchmarks.shapes --shape bold5000 --share 0.25

``tall`` has the sizes of himalaya's own benchmark of its backends (3,000 stimuli, 1,000 features,
30,000 voxels, 20 alphas, 3 inner folds), ``bold5000`` those of BOLD5000 with ViT-base and one ROI,
large or small. A tenth as many stimuli again are tested. ``--share`` scales stimuli, features and
voxels.

Everybody starts from float32 arrays in memory, chooses one alpha for all voxels by 3-fold
cross-validation, and scores the test stimuli; what they choose by differs (2v2 here, R² there), and
so may the alphas. himalaya's RidgeCV runs in float32 on numpy and on torch (CPU); scikit-learn's
RidgeCV leaves one stimulus out by its closed form, in float64.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from himalaya.backend import set_backend
from himalaya.ridge import RidgeCV
from numpy.typing import NDArray
from sklearn import linear_model

from benchmarks.align_peer import z_scored
from benchmarks.clock import timed
from pipeline.alignment import two_vs_two
from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.pairs import FoldTask
from pipeline.alignment.primal.cost import FoldSizes
from pipeline.alignment.score_fold import RoisBySide, primal_rois, score_fold
from pipeline.alignment.sources import Layer
from pipeline.alignment.threads import workers

Array = NDArray[np.float32]
ALPHAS = np.logspace(-4, 4, 20)
N_INNER = 3
TARGETS_AT_ONCE = 500


@dataclass(frozen=True)
class Shape:
    """Sizes of one source and one ROI.

    Parameters
    ----------
    stimuli, features, voxels : int
    """

    stimuli: int
    features: int
    voxels: int

    def scaled(self, share: float) -> Shape:
        """Return the same shape, smaller."""
        sizes = (self.stimuli, self.features, self.voxels)
        return Shape(*(max(60, round(share * size)) for size in sizes))


SHAPES = {
    "tall": Shape(3000, 1000, 30_000),
    "bold5000-small": Shape(4916, 768, 300),
    "bold5000": Shape(4916, 768, 2000),
}


@dataclass(frozen=True)
class Problem:
    """One fold: arrays of training and test stimuli, and how they are split.

    Parameters
    ----------
    x, y : ndarray of float32, shapes (n_stimuli, n_features) and (n_stimuli, n_voxels)
    fold : NestedFold
    """

    x: Array
    y: Array
    fold: NestedFold


def main() -> None:
    """Time everybody at every shape."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, help="one of them only")
    parser.add_argument("--share", type=float, default=1.0, help="of all sizes")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name in [options.shape] if options.shape else SHAPES:
        _compare(name, SHAPES[name].scaled(options.share))


def _compare(name: str, shape: Shape) -> None:
    problem = simulate(shape)
    print(f"{name}: {shape}", flush=True)
    ways: dict[str, Callable[[Problem], float]] = {
        "engine": encode_one_fold,
        "himalaya numpy float32": partial(by_himalaya, backend="numpy"),
        "himalaya torch float32": partial(by_himalaya, backend="torch"),
        "scikit-learn float64": by_scikit_learn,
    }
    seconds = {}
    for way, run in ways.items():
        run(simulate(shape.scaled(0.03)))  # what is imported and compiled at first is no work
        score, time = timed(partial(run, problem))
        seconds[way] = time.cpu
        share = time.cpu / seconds["engine"]
        print(f"  {way}: {time}, {share:.1f} times the engine's, 2v2 {score:.3f}", flush=True)


def simulate(shape: Shape) -> Problem:
    """Draw features and responses that share twenty signals."""
    rng = np.random.default_rng(0)
    n_test = shape.stimuli // 10
    n = shape.stimuli + n_test
    signal = rng.standard_normal((n, 20), dtype=np.float32)

    def readout(n_columns: int, noise: float) -> Array:
        weights = rng.standard_normal((20, n_columns), dtype=np.float32)
        own = rng.standard_normal((n, n_columns), dtype=np.float32)
        values: Array = signal @ weights + np.float32(noise) * own
        return values

    rows = np.arange(shape.stimuli)
    held_out = np.array_split(rows, N_INNER)
    inner = tuple(Fold(np.setdiff1d(rows, part), part) for part in held_out)
    fold = NestedFold(Fold(rows, np.arange(shape.stimuli, n)), inner)
    return Problem(readout(shape.features, 6.0), readout(shape.voxels, 30.0), fold)


def encode_one_fold(problem: Problem) -> float:
    """Do what ``align`` does in one of its folds, encoding only."""
    labels = np.arange(len(problem.x))
    task = FoldTask(0, problem.fold, ALPHAS, "two_vs_two", labels, labels.astype(str))
    responses = {"roi": problem.y}
    train = problem.fold.outer.train
    sizes = FoldSizes(len(problem.x), len(train), len(problem.fold.inner), len(ALPHAS))
    small = primal_rois(sizes, problem.x.shape[1], responses)
    large = {} if small else {"roi": gram_matrices(problem.y, train)}
    rois = RoisBySide(labels, (problem.fold,), (large,), small, ("roi",))
    with workers() as in_parallel:
        sources = {"layer": Layer(problem.x)}
        (scored,) = score_fold(sources, rois, task, ["encoding"], "pearson", in_parallel)
    return scored.pair.scores["two_vs_two"]


def by_himalaya(problem: Problem, backend: str) -> float:
    """Fit RidgeCV with one alpha for all voxels."""
    set_backend(backend)
    train, test = problem.fold.outer.train, problem.fold.outer.test
    zx, zy = z_scored(problem.x, train), z_scored(problem.y, train)
    scale = float((zx[train] ** 2).sum()) / len(train)
    model = RidgeCV(
        alphas=(ALPHAS * scale).astype(np.float32),
        cv=[(inner.train, inner.test) for inner in problem.fold.inner],
        solver_params={
            "local_alpha": False,
            "n_targets_batch": TARGETS_AT_ONCE,
            "warn": False,
        },
    )
    model.fit(zx[train], zy[train])
    return _score(np.asarray(model.predict(zx[test])), zy[test])


def by_scikit_learn(problem: Problem) -> float:
    """Fit RidgeCV by the closed form of leaving one stimulus out."""
    train, test = problem.fold.outer.train, problem.fold.outer.test
    zx, zy = (z_scored(v, train).astype(np.float64) for v in (problem.x, problem.y))
    scale = float((zx[train] ** 2).sum()) / len(train)
    model = linear_model.RidgeCV(alphas=ALPHAS * scale, fit_intercept=False)
    return _score(model.fit(zx[train], zy[train]).predict(zx[test]), zy[test])


def _score(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    R = np.corrcoef(predicted, true)[: len(true), len(true) :]
    return float(two_vs_two(R))


if __name__ == "__main__":
    main()
