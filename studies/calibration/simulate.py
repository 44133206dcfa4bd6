"""Simulated studies scored by the alignment engine, and kept as sums over pairs of groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.pairs import FoldTask, PairScore, Scored
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.scores import score_by_columns
from pipeline.config import ScoreConfig
from pipeline.words import Direction
from studies.calibration.tuned_in_folds import tuned_on
from studies.calibration.world import MODELS, N_SUBJECTS, Array, Draw, World, draw_study

#: Model, version and layer.
VersionLayer = tuple[str, int, str]
N_FOLDS = 4


@dataclass(frozen=True)
class KeptSums:
    """Sums that are kept of one simulated study.

    Parameters
    ----------
    seed : int
    wins : ndarray of float32, shape (n_models, n_versions, n_subjects, n_groups, n_groups)
        Upper triangle; 2v2 of the layer chosen in each fold, summed over pairs of groups.
    pairs : ndarray of float32, shape (n_groups, n_groups)
    preferences : ndarray of float64, shape (n_subjects,)
    """

    seed: int
    wins: NDArray[np.float32]
    pairs: NDArray[np.float32]
    preferences: NDArray[np.float64]


def settings_of(seed: int) -> ScoreConfig:
    """Give settings that are quick: few alphas and inner folds, but alpha and layer nested."""
    return ScoreConfig(
        folds=N_FOLDS, inner_folds=2, trials=3, alpha_low=1e-2, alpha_high=10.0, seed=seed
    )


def simulate(world: World, seed: int) -> KeptSums:
    """Draw a study and score it: each subject stands as an ROI, each version as a source.

    Parameters
    ----------
    world : World
    seed : int
    """
    draw = draw_study(world, seed)
    settings = settings_of(seed)
    alphas = draw_alphas(settings)
    wins = np.zeros((len(MODELS), world.n_versions, N_SUBJECTS, world.n_groups, world.n_groups))
    pairs = np.zeros((world.n_groups, world.n_groups))
    for number, fold in enumerate(nested_folds(world.groups, settings)):
        train = fold.outer.train
        task = FoldTask(number, fold, alphas, settings.objective, world.groups, world.groups)
        features = _of_fold(world, draw, train)
        rois = {n: FoldArray(z_scored(y, train), "pearson") for n, y in draw.responses.items()}
        layers = {n: FoldArray(z_scored(x, train), "pearson") for n, x in features.items()}
        for place, scored in _scored(layers, rois, task, world.direction).items():
            sums = scored.sums
            tested = sums.names.astype(int)
            where = tested[sums.first], tested[sums.second]
            wins[place][where] = sums.wins
            pairs[where] = sums.pairs
    return KeptSums(seed, wins.astype(np.float32), pairs.astype(np.float32), draw.preferences)


def _of_fold(world: World, draw: Draw, train: NDArray[np.int64]) -> Mapping[VersionLayer, Array]:
    """Give features as they are in a fold: of versions that belong to it, or of all folds."""
    if not world.tuned_in_folds:
        return draw.features
    features = {}
    for (model, *place), own in draw.features.items():
        if model == "worse":
            features[model, *place] = draw.features["first", *place]
        else:
            features[model, *place] = tuned_on(own, draw.responses, train)
    return features


def _scored(
    layers: Mapping[VersionLayer, FoldArray],
    rois: Mapping[str, FoldArray],
    task: FoldTask,
    direction: Direction,
) -> dict[tuple[int, int, int], PairScore]:
    """Score a fold, and keep of each version and subject the layer that is best inside it."""
    best: dict[tuple[int, int, int], PairScore] = {}
    for (model, version, _), array in layers.items():
        layer = {"layer": array}
        sides = (layer, rois) if direction == "encoding" else (rois, layer)
        for pair in score_by_columns(*sides, task):
            subject = Scored(direction, task.number, pair).roi
            place = MODELS.index(model), version, int(subject)
            if place not in best or _inner(pair) > _inner(best[place]):
                best[place] = pair
    return best


def _inner(pair: PairScore) -> tuple[float, float]:
    two_vs_two, correlation = pair.inner[:, pair.position]
    return float(two_vs_two), float(correlation)
