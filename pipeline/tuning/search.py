"""Optuna's search over learning rate and prompt length, with equal trials for every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.tuning.method import Recipe


@dataclass(frozen=True)
class Choice:
    """What a search decides.

    Parameters
    ----------
    learning_rate : float
    prompt_length : int
        0 for a method without a prompt.
    """

    learning_rate: float
    prompt_length: int


def search(
    recipe: Recipe,
    has_prompt: bool,
    longest_prompt: int,
    trials: int,
    seed: int,
    validation_loss: Callable[[int, Choice], float],
) -> Choice:
    """Find the learning rate, and for prompt methods the length, with the lowest validation loss.

    Parameters
    ----------
    recipe : Recipe
        Its range of learning rates is searched on a log scale.
    has_prompt : bool
    longest_prompt : int
        Upper end of the range of lengths, also searched on a log scale.
    trials : int
        Trainings to spend.
    seed : int
        Of Optuna's sampler (TPE).
    validation_loss : callable
        ``validation_loss(trial number, Choice) -> float``: trains once and says how well it went.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float(
            "learning_rate", recipe.lowest_rate, recipe.highest_rate, log=True
        )
        length = (
            trial.suggest_int("prompt_length", 1, longest_prompt, log=True) if has_prompt else 0
        )
        return validation_loss(trial.number, Choice(rate, length))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    best = study.best_params
    return Choice(best["learning_rate"], best.get("prompt_length", 0))
