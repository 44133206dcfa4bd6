"""Schedule of a training, and its outcome."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Literal

from pipeline.config import TuneConfig
from pipeline.errors import TuningError
from pipeline.models.devices import chosen_device
from pipeline.tuning.recipe import Recipe


class DivergedError(TuningError):
    """The loss is no longer finite: the learning rate is too high."""


VALIDATIONS_OF_A_TRIAL = 4  # at least so many, or a trial that falls behind could not be ended
SLOPE_OVER = 3  # validations
Stop = Literal["patience", "budget"]
TOKENS_AT_ONCE = {"cpu": 2048, "cuda": 16384}  # enough to keep the device busy


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Parameters
    ----------
    recipe : Recipe
        Optimizer, weight decay, and the course of the learning rate.
    learning_rate : float
        Peak learning rate.
    max_steps : int
        Optimiser steps over which the learning rate takes its course.
    settings : TuneConfig
        Batches, validations, precision and seed.
    trial_steps : int
        Where a search trial ends; 0 if this is none.
    """

    recipe: Recipe
    learning_rate: float
    max_steps: int
    settings: TuneConfig
    trial_steps: int = 0

    @property
    def last_step(self) -> int:
        """Step at which training ends, if not before."""
        return self.trial_steps or self.max_steps

    @property
    def eval_every(self) -> int:
        """Steps between two validations; there is always one at the end."""
        steps = min(self.settings.eval_every, self.last_step)
        often = max(1, self.trial_steps // VALIDATIONS_OF_A_TRIAL)
        return min(steps, often) if self.trial_steps else steps

    @property
    def tokens_at_once(self) -> int:
        """Tokens, padding included, that go through the network together."""
        return self.settings.tokens_at_once or TOKENS_AT_ONCE[chosen_device(self.settings.device)]

    @property
    def bfloat16(self) -> bool:
        """Whether to compute in bfloat16: if told to, or if the device has it (a CPU never does).

        Weights, gradients and the optimizer stay in float32.
        """
        import torch

        if self.settings.precision == "auto":
            on_gpu = chosen_device(self.settings.device) == "cuda"
            return on_gpu and torch.cuda.is_bf16_supported()
        return self.settings.precision == "bfloat16"


@dataclass(frozen=True)
class Training:
    """What came of a training.

    Parameters
    ----------
    steps : int
        Optimiser steps taken before the last step or the early stop.
    validation_loss : float
        Of the state that was kept: the best one seen, in nats a target token or picture.
    validations : tuple of (int, float)
        Steps and losses of all validations, in order.
    patience : int
        Validations without a lower loss after which it would stop.
    resumed_at : int
        The step of the checkpoint that a training which was killed went on from; 0 if none was.
    """

    steps: int
    validation_loss: float
    validations: tuple[tuple[int, float], ...]
    patience: int
    resumed_at: int = 0

    @property
    def stopped(self) -> Stop:
        """What ended it: patience, or the budget of steps."""
        losses = [loss for _, loss in self.validations]
        lowest = losses.index(min(losses))
        return "patience" if len(losses) - 1 - lowest >= self.patience else "budget"

    @property
    def slope(self) -> float:
        """Change of the validation loss in 100 steps at the end: a line through the last three.

        NaN where there was one validation only.
        """
        if len(self.validations) == 1:
            return math.nan
        steps, losses = zip(*self.validations[-SLOPE_OVER:], strict=True)
        return 100 * statistics.linear_regression(steps, losses).slope
