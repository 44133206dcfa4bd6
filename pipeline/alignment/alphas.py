"""The search for alpha: which alphas are tried, and which of them is chosen.

Alphas come from a seeded quasi-random sequence: in one dimension nothing cleverer pays, it does not
wait for earlier scores, and all ROIs and directions try the same alphas, so that one factorisation
of a source serves all its targets. Each is scored inside the training folds. Scores of layers and
folds are kept apart and each takes its own best of the alphas tried: nothing of a test fold enters
its choice.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.config import ScoreConfig
from pipeline.words import Objective

Border = Literal["smallest", "largest"]


@dataclass(frozen=True)
class AlphaChoice:
    """The alpha that one layer takes in one outer fold.

    Parameters
    ----------
    position : int
        Among the alphas tried.
    border : {'smallest', 'largest'} or None
        Which of the alphas tried it is, if either, so that a better one may lie outside. At the
        upper border that is often a plateau: correlations do not feel the length of a
        prediction, and its direction hardly changes once alpha exceeds all eigenvalues.
    """

    position: int
    border: Border | None


def draw_alphas(settings: ScoreConfig) -> NDArray[np.float64]:
    """Ask Optuna's quasi-random sampler for alphas, log-uniform between the settings' borders.

    Parameters
    ----------
    settings : ScoreConfig
        Uses trials, alpha_low, alpha_high and seed.

    Returns
    -------
    ndarray of float64, shape (n_trials,)
        Relative alphas, in the order of the trials.
    """
    return np.array(_drawn(settings.trials, settings.alpha_low, settings.alpha_high, settings.seed))


@functools.lru_cache(maxsize=64)  # every unit of an alignment with one seed tries the same alphas
def _drawn(n_trials: int, low: float, high: float, seed: int) -> tuple[float, ...]:
    import optuna

    with _quiet_optuna():
        sampler = optuna.samplers.QMCSampler(
            scramble=True, seed=seed, warn_independent_sampling=False
        )
        study = optuna.create_study(sampler=sampler)
        trials = (study.ask() for _ in range(n_trials))
        return tuple(trial.suggest_float("alpha", low, high, log=True) for trial in trials)


def choose_alpha(
    alphas: NDArray[np.float64],
    two_vs_two: NDArray[np.float64],
    correlation: NDArray[np.float64],
    objective: Objective = "two_vs_two",
) -> AlphaChoice:
    """Take the alpha of the best inner score.

    Parameters
    ----------
    alphas, two_vs_two, correlation : ndarray of float64, shape (n_trials,)
        2v2 accuracy saturates at 1: among equals the inner correlation decides, then the order
        of the trials.
    objective : {'two_vs_two', 'correlation'}
        The score that decides; the other one decides among equals.
    """
    first, second = two_vs_two, correlation
    if objective == "correlation":
        first, second = second, first
    best = int(np.lexsort((-second, -first))[0])
    if len(alphas) == 1:  # nothing was chosen, so nothing was chosen at a border
        return AlphaChoice(best, None)
    if alphas[best] == alphas.max():
        return AlphaChoice(best, "largest")
    return AlphaChoice(best, "smallest" if alphas[best] == alphas.min() else None)


@contextlib.contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Keep Optuna from reporting every trial, and leave its settings as they were."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            # QMCSampler is marked experimental; the alphas it gave are kept with the scores.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
