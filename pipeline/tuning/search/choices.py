"""Choices of a search: the recipe's own values first, then points spread evenly over its ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.tuning.recipe import Recipe

if TYPE_CHECKING:
    import optuna

Pruning = Literal["none", "median", "hyperband"]
LONGEST = 2  # a search tries prompts up to this many times as long as asked


@dataclass(frozen=True)
class Choice:
    """What a search decides.

    Parameters
    ----------
    learning_rate : float
    prompt_length : int
        0 for a method without a prompt.
    searched_steps : int
        Steps that the trials of the search took, those of trials that were ended early, too.
    """

    learning_rate: float
    prompt_length: int
    searched_steps: int = 0


@dataclass(frozen=True)
class Space:
    """What is searched, and at what expense.

    Parameters
    ----------
    method : str
        Its name: with the seed it decides which points are drawn.
    recipe : Recipe
        Its own learning rate is tried first, and its range is searched on a log scale.
    prompt_length : int
        The length that is tried first; up to twice as long is searched, also on a log scale. 0 for
        a method without a prompt.
    trials, steps : int
        Trainings to spend, and optimiser steps of each: the same for every method.
    seed : int
    pruning : 'none', 'median' or 'hyperband'
        How trials that fall behind are ended early.
    """

    method: str
    recipe: Recipe
    prompt_length: int
    trials: int
    steps: int
    seed: int
    pruning: Pruning

    @property
    def longest_prompt(self) -> int:
        """Upper end of the range of lengths."""
        return LONGEST * self.prompt_length


def choices_of(space: Space) -> list[Choice]:
    """List what a search tries, in order.

    The first is what the recipe says, so that no search ends worse than its literature's setting.
    The others are a scrambled Sobol sequence, which leaves smaller gaps than independent draws
    (Bousquet et al. 2017, Critical Hyper-Parameters: No Random, No Cry) and does not need the ten
    and more results that a model of the loss, such as TPE, starts from.

    Returns
    -------
    list of Choice
        One for each trial; others for another seed and for another method.
    """
    from scipy.stats.qmc import Sobol

    recipe, longest = space.recipe, space.longest_prompt
    rng = np.random.default_rng([space.seed, *space.method.encode()])
    sequence = Sobol(d=2 if longest else 1, scramble=True, rng=rng)
    power = math.ceil(math.log2(max(space.trials - 1, 1)))  # it is balanced in powers of two
    points = sequence.random_base2(power)[: space.trials - 1]
    others = [
        Choice(
            learning_rate=_between(recipe.lowest_rate, recipe.highest_rate, float(point[0])),
            prompt_length=round(_between(1, longest, float(point[1]))) if longest else 0,
        )
        for point in points
    ]
    return [Choice(recipe.learning_rate, space.prompt_length), *others]


def _between(low: float, high: float, share: float) -> float:
    """Go a share of the way from low to high on a log scale."""
    return float(np.clip(low * (high / low) ** share, low, high))


def ranges_of(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    """Describe the ranges of a search to Optuna."""
    from optuna.distributions import FloatDistribution, IntDistribution

    lowest, highest = space.recipe.lowest_rate, space.recipe.highest_rate
    rates = FloatDistribution(lowest, highest, log=True)
    if not space.prompt_length:
        return {"learning_rate": rates}
    lengths = IntDistribution(1, space.longest_prompt, log=True)
    return {"learning_rate": rates, "prompt_length": lengths}


def pruner_of(space: Space) -> optuna.pruners.BasePruner:
    """Make the rule by which trials that fall behind are ended, fitted to few trials."""
    from optuna import pruners

    if space.pruning == "median":
        return pruners.MedianPruner(n_startup_trials=min(5, max(1, space.trials // 4)))
    if space.pruning == "hyperband":
        return pruners.HyperbandPruner(max(1, space.steps // 9), space.steps)
    return pruners.NopPruner()
