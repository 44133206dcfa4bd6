"""Real fMRI through this project's engine and through scikit-learn, side by side.

    python -m benchmarks.digit69_parity --brain_dir ../shared/data/digit69

One person saw 100 handwritten sixes and nines (van Gerven et al. 2010). Their raw pixels are
aligned with the voxels twice: by ``pipeline.alignment``, and by an explicit path that shares with
it no more than the folds and the alphas to choose from: z-scores by hand, scikit-learn's ``Ridge``
refitted for every alpha and inner fold, a loop over pairs for 2v2. Shuffled folds, and folds in
which pictures that look alike are never on both sides. Both columns have to be the same; takes
about two minutes on 2 cores. Expect 2v2 of .98 in shuffled folds and about .95 in grouped ones,
and differences of rounding only.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from pipeline.alignment import align
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import NestedFold, nested_folds
from pipeline.brains import BRAINS
from pipeline.brains.near_identical import merged_groups
from pipeline.config import PrepareConfig, ScoreConfig
from pipeline.words import Split

Array = NDArray[np.float64]


def z_scored(values: Array, train: NDArray[np.int64]) -> Array:
    """Z-score columns by the training rows; those that are constant there become 0."""
    mean, sd = values[train].mean(axis=0), values[train].std(axis=0)
    result: Array = np.divide(values - mean, sd, out=np.zeros_like(values), where=sd > 1e-12)
    return result


def explicit_scores(predicted: Array, true: Array) -> tuple[float, float]:
    """2v2 accuracy by a loop over pairs, and the mean correlation with the own pattern."""
    n = len(true)
    R = np.corrcoef(predicted, true)[:n, n:]
    points = []
    for i, j in itertools.combinations(range(n), 2):
        gain = (R[i, i] - R[i, j]) + (R[j, j] - R[j, i])
        points.append(1.0 if gain > 0 else 0.5 if gain == 0 else 0.0)
    return float(np.mean(points)), float(np.mean(np.diagonal(R)))


def explicit_fold(X: Array, Y: Array, fold: NestedFold, alphas: Array) -> tuple[float, ...]:
    """Choose alpha by refits in the inner folds, refit, and score: 2v2, correlation, alpha."""
    train, test = fold.outer.train, fold.outer.test
    X, Y = z_scored(X, train), z_scored(Y, train)
    scale = float((X[train] ** 2).sum() / len(train))
    inner = np.zeros((len(alphas), 2))
    for number, alpha in enumerate(alphas):
        for split in fold.inner:
            fit_rows, held_out = train[split.train], train[split.test]
            ridge = Ridge(alpha=alpha * scale, fit_intercept=False).fit(X[fit_rows], Y[fit_rows])
            inner[number] += explicit_scores(ridge.predict(X[held_out]), Y[held_out])
    # ties of means have to be ties: of equals the inner correlation decides
    means = np.round(inner / len(fold.inner), 12)
    best = max(range(len(alphas)), key=lambda n: tuple(means[n]))
    ridge = Ridge(alpha=alphas[best] * scale, fit_intercept=False).fit(X[train], Y[train])
    return *explicit_scores(ridge.predict(X[test]), Y[test]), float(alphas[best])


def compare(
    pixels: Array, voxels: Array, groups: NDArray[np.str_], settings: ScoreConfig
) -> Iterator[dict[str, object]]:
    """Give a row for each direction, with the figures of both paths."""
    engine = align({"pixels": pixels}, {"visual": voxels}, groups, settings)
    alphas = draw_alphas(settings)
    folds = nested_folds(groups, settings)
    for direction, X, Y in (("encoding", pixels, voxels), ("decoding", voxels, pixels)):
        ours = engine[engine.direction == direction]
        explicit = np.array([explicit_fold(X, Y, fold, alphas) for fold in folds])
        yield {
            "split": settings.split,
            "groups": len(np.unique(groups)),
            "direction": direction,
            "2v2 engine": ours.two_vs_two.mean(),
            "2v2 scikit-learn": explicit[:, 0].mean(),
            "r engine": ours.correlation.mean(),
            "r scikit-learn": explicit[:, 1].mean(),
            "max |2v2 diff|": np.abs(ours.two_vs_two - explicit[:, 0]).max(),
            "max |r diff|": np.abs(ours.correlation - explicit[:, 1]).max(),
            "same alphas": f"{np.sum(ours.alpha.to_numpy() == explicit[:, 2])} of {len(explicit)}",
        }


def compare_splits(directory: Path, threshold: float, trials: int, n_folds: int) -> pd.DataFrame:
    """Compare both paths in shuffled folds, and in folds that keep like pictures together."""
    brain = BRAINS["digit69"].load(
        PrepareConfig.model_validate({"brain": "digit69", "brain_dir": str(directory)})
    )
    pixels = np.asarray(brain.stimuli.items)[..., 0].reshape(len(brain.stimuli), -1) * 1.0
    voxels = brain.subjects["s1"].values.astype(np.float64)
    like = merged_groups(brain.stimuli, threshold)
    splits: dict[Split, NDArray[np.str_]] = {"shuffled": brain.stimuli.groups, "grouped": like}
    rows: list[dict[str, object]] = []
    for split, groups in splits.items():
        settings = ScoreConfig(split=split, folds=n_folds, inner_folds=5, trials=trials)
        rows += compare(pixels, voxels, groups, settings)
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description="digit69 by the engine and by scikit-learn")
    parser.add_argument("--brain_dir", type=Path, default=Path("../shared/data/digit69"))
    parser.add_argument(
        "--near_identical",
        type=float,
        default=0.8,
        help="pixel correlation from which pictures share a group (no two reach 0.9)",
    )
    parser.add_argument("--trials", type=int, default=20, help="alphas to choose from")
    parser.add_argument("--folds", type=int, default=10)
    options = parser.parse_args(arguments)
    table = compare_splits(options.brain_dir, options.near_identical, options.trials, options.folds)
    tiny = {name: "{:.1e}".format for name in table.columns if "diff" in name}
    print(table.to_string(index=False, float_format="{:.4f}".format, formatters=tiny))


if __name__ == "__main__":
    main()
