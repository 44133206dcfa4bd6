"""The search for alpha: one Optuna study for each subject, ROI and direction.

A trial is one alpha, scored for every layer and fold at once inside the training folds. Alphas
come from a seeded quasi-random sequence: in one dimension nothing cleverer pays, it does not wait
for earlier scores, and every study of one seed tries the same alphas, so that one factorisation of
a source serves all its targets. Scores of layers and folds are kept apart and each takes its own
best of the alphas tried: nothing of a test fold enters its choice.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import optuna
from numpy.typing import NDArray

from pipeline.alignment.settings import AlignSettings
from pipeline.words import Objective

Border = Literal["smallest", "largest"]


@dataclass(frozen=True)
class AlphaStudy:
    """An Optuna study whose trials have been asked for.

    Parameters
    ----------
    study : optuna.Study
    trials : tuple of optuna.trial.Trial
    alphas : ndarray of float64, shape (n_trials,)
        Relative alphas, in the order of the trials.
    """

    study: optuna.Study
    trials: tuple[optuna.trial.Trial, ...]
    alphas: NDArray[np.float64]

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Give each trial its inner score, mean over layers and folds, shape (n_trials,)."""
        with _quiet_optuna():
            for trial, score in zip(self.trials, scores, strict=True):
                self.study.tell(trial, float(score))


@dataclass(frozen=True)
class Choice:
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


def open_study(name: str, settings: AlignSettings) -> AlphaStudy:
    """Open a study and ask for all its alphas, log-uniform between the settings' borders.

    Parameters
    ----------
    name : str
        Of the study: direction and ROI.
    settings : AlignSettings
        Uses trials, alpha_low, alpha_high and seed.
    """
    with _quiet_optuna():
        sampler = optuna.samplers.QMCSampler(
            scramble=True, seed=settings.seed, warn_independent_sampling=False
        )
        study = optuna.create_study(study_name=name, sampler=sampler, direction="maximize")
        trials, alphas = [], []
        for _ in range(settings.trials):
            trial = study.ask()
            alphas.append(
                trial.suggest_float("alpha", settings.alpha_low, settings.alpha_high, log=True)
            )
            trials.append(trial)
    return AlphaStudy(study, tuple(trials), np.array(alphas))


def choose_alpha(
    alphas: NDArray[np.float64],
    two_vs_two: NDArray[np.float64],
    correlation: NDArray[np.float64],
    objective: Objective = "two_vs_two",
) -> Choice:
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
        return Choice(best, None)
    if alphas[best] == alphas.max():
        return Choice(best, "largest")
    return Choice(best, "smallest" if alphas[best] == alphas.min() else None)


@contextlib.contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Keep Optuna from reporting every trial, and leave its settings as they were."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            # QMCSampler is marked experimental; the alphas it gave are kept with the scores.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
