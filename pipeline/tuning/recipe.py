"""The training of each method where the settings do not say otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How a method is trained when the settings do not say otherwise.

    Parameters
    ----------
    learning_rate : float
        Peak learning rate.
    lowest_rate, highest_rate : float
        Range that a search covers, on a log scale.
    optimizer : str
        As named by transformers' TrainingArguments.
    optimizer_settings : str
        Further settings of the optimizer, in TrainingArguments' ``name=value`` form.
    weight_decay : float
    warmup : float
        Share of the steps over which the learning rate rises.
    schedule : str
        How it falls afterwards, as named by TrainingArguments.
    rate_of_256 : bool
        Whether the learning rates above are those of a step of 256 examples, as in the literature
        on SGD: a step of n examples then takes n/256 of them.
    clip : float
        Norm that longer gradients are shortened to; 0 leaves them as they are.
    """

    learning_rate: float
    lowest_rate: float
    highest_rate: float
    optimizer: str = "adamw_torch"
    optimizer_settings: str = ""
    weight_decay: float = 0.0
    warmup: float = 0.06
    schedule: str = "cosine"
    rate_of_256: bool = False
    clip: float = 1.0

    def warmup_steps(self, max_steps: int) -> int:
        """Count the steps of a training over which the learning rate rises."""
        return math.ceil(self.warmup * max_steps)

    def at(self, batch_size: int) -> Recipe:
        """Give the same recipe with the learning rates of a step of ``batch_size`` examples."""
        scale = batch_size / 256 if self.rate_of_256 else 1.0
        return replace(
            self,
            learning_rate=scale * self.learning_rate,
            lowest_rate=scale * self.lowest_rate,
            highest_rate=scale * self.highest_rate,
            rate_of_256=False,
        )
