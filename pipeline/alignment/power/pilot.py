"""A simulated pilot: how much the 2v2 accuracies of two equally good models differ by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.align import align
from pipeline.alignment.power.design import Spread, spread_of_scores
from pipeline.brains.simulated import sentence_stimuli, simulate_subjects
from pipeline.config import PowerConfig, ScoreConfig

_ROI = "language"
_N_FEATURES = 64
_MODELS = ("first", "second")


@dataclass(frozen=True)
class Pilot:
    """What a simulated pilot shows.

    Parameters
    ----------
    spread : Spread
        Of the difference of two models, over the pilot's subjects and folds.
    mean : float
        2v2 accuracy, over both models.
    """

    spread: Spread
    mean: float


def run_pilot(config: PowerConfig) -> Pilot:
    """Simulate a pilot and estimate how much the difference between two models varies in it.

    Parameters and errors as for :func:`pilot_scores`.
    """
    first, second = pilot_scores(config)
    mean = float(pd.concat([first, second]).two_vs_two.mean())
    return Pilot(spread_of_scores(first, second), mean)


def pilot_scores(config: PowerConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate subjects who read, and score two models that know equally much of what they read.

    The features of either model are random readouts of the meaning of the sentences, to which the
    voxels respond too, with noise of their own: two models that are equally good and err on
    different stimuli. How much their difference varies over folds and subjects is what a study
    has to see through; it depends on subjects' noise, on stimuli and on how good the models are.

    Parameters
    ----------
    config : PowerConfig
        Stimuli, voxels, repeats and noise; ``pilot_subjects``, ``folds`` of whole passages,
        ``direction``, and ``model_noise``, beside features whose signal has variance 1.

    Returns
    -------
    DataFrame, DataFrame
        Of each model: subject, fold, two_vs_two, as :func:`spread_of_scores` takes them.

    Raises
    ------
    AlignmentError
        If the passages cannot be dealt to folds in these numbers.
    """
    stimuli, factors = sentence_stimuli(config)
    meaning = factors[_ROI]
    subjects = simulate_subjects(
        config, config.pilot_subjects, {_ROI: meaning}, stimuli.groups, {_ROI: 1.0}
    )
    rng = np.random.default_rng((config.seed, 1))
    features = {name: _features(meaning, config.model_noise, rng) for name in _MODELS}
    settings = ScoreConfig(
        folds=config.folds,
        inner_folds=3,
        trials=8,
        alpha_low=1e-3,
        alpha_high=1e3,
        seed=config.seed,
    )
    tables = []
    for name, subject in subjects.items():
        table = align(features, {_ROI: subject.responses.values}, stimuli.groups, settings)
        table.insert(0, "subject", name)
        tables.append(table[table.direction == config.direction])
    scores = pd.concat(tables, ignore_index=True)[["layer", "subject", "fold", "two_vs_two"]]
    first, second = (scores[scores.layer == name].drop(columns="layer") for name in _MODELS)
    return first, second


def _features(
    meaning: NDArray[np.float64], noise: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    varying = meaning[:, meaning.std(axis=0) > 0]
    scored = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    signal = scored @ rng.standard_normal((scored.shape[1], _N_FEATURES))
    own = rng.standard_normal(signal.shape)
    return np.asarray(signal / signal.std(axis=0) + np.sqrt(noise) * own)
