"""What a method is: a way of adapting a base, with the recipe its literature uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.data.examples import Examples
from pipeline.models.travelling.card import Card, Storage
from pipeline.models.travelling.loading import TunedModel

Modality = Literal["text", "image"]


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
    """

    learning_rate: float
    lowest_rate: float
    highest_rate: float
    optimizer: str = "adamw_torch"
    optimizer_settings: str = ""
    weight_decay: float = 0.0
    warmup: float = 0.06
    schedule: str = "cosine"


@dataclass(frozen=True)
class Start:
    """What a method adapts.

    Parameters
    ----------
    base_folder : Path
        Config and weights of the base.
    card : Card
        What the tuned model will say about itself.
    train : TextPairs or LabelledImages
        The examples to tune on, for methods whose start depends on them.
    """

    base_folder: Path
    card: Card
    train: Examples


@dataclass(frozen=True)
class Method:
    """An entry of METHODS.

    Parameters
    ----------
    name, summary, source : str
        Alias in the registry, one line for the list of methods, and where it is described.
    storage : mapping of modality to 'nothing', 'part' or 'whole'
        What a tuned model must store; its keys are the modalities the method is for.
    adapt : callable
        ``adapt(Start) -> TunedModel``: loads the base, adds what the method adds, and lets exactly
        the intended parameters require gradients.
    insertion : str
        What it puts into the network, as in Card.
    recipes : mapping of modality to Recipe
        Empty for a control that is not trained.
    has_prompt : bool
        Whether ``prompt_length`` means anything to it.
    """

    name: str
    summary: str
    source: str
    storage: Mapping[Modality, Storage]
    adapt: Callable[[Start], TunedModel]
    recipes: Mapping[Modality, Recipe]
    insertion: str = ""
    has_prompt: bool = False
