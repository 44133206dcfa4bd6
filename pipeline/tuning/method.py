"""What a method is: a way of adapting a base, with the recipe its literature uses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pipeline.data.examples import Examples
from pipeline.errors import Problem, TuningError, refuse
from pipeline.models.travelling.card import Card, Storage
from pipeline.words import Form, Modality

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


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


@dataclass(frozen=True)
class MethodSettings:
    """What single methods can be told; others look past it.

    Parameters
    ----------
    prompt_init : 'random', 'vocabulary' or 'text'
        Prompt methods for text: start from uniform noise (Lester et al. 2021), from embeddings of
        tokens drawn from the vocabulary, or from those of ``prompt_text``.
    prompt_text : str
        Its tokens, over again until the prompt is full.
    prefix_mlp : int
        Prefix: hidden units of the MLP that makes keys and values while they are trained
        (P-Tuning v2); 0 trains them directly.
    lora_rank : int
    lora_alpha : float
        LoRA: what is learned is scaled by ``lora_alpha / lora_rank``.
    adapter_width : int
        Adapters: units in each bottleneck.
    """

    prompt_init: Literal["random", "vocabulary", "text"]
    prompt_text: str
    prefix_mlp: int
    lora_rank: int
    lora_alpha: float
    adapter_width: int


@dataclass(frozen=True)
class Interpolation:
    """A point between a base and a version of it of which every weight was trained.

    Parameters
    ----------
    full_folder : Path
        That version, as a tuned model's folder.
    alpha : float
        0 is the base, 1 the version.
    """

    full_folder: Path
    alpha: float


@dataclass(frozen=True)
class Start:
    """What a method adapts.

    Parameters
    ----------
    base_folder : Path
        Config and weights of the base.
    card : Card
        What the tuned model will say about itself.
    train : TextPairs, LabelledTexts, TaggedTexts, TextSpans or LabelledImages
        The examples to tune on, for methods whose start depends on them.
    settings : MethodSettings
    interpolation : Interpolation, optional
        For methods that interpolate.
    device : str
        Where the network is to be, as torch names it.
    """

    base_folder: Path
    card: Card
    train: Examples
    settings: MethodSettings
    interpolation: Interpolation | None = None
    device: str = "cpu"


def _has_no_head(start: Start) -> bool:
    from pipeline.models.travelling.text_networks import factory_of
    from pipeline.tuning.loading import text_config

    return factory_of(text_config(start), start.card.form) is None


def _lacks_nothing(_: Start) -> Iterator[Problem]:
    return iter(())


def _leave(_: TunedModel) -> None:
    """Leave a tuned model as it came out of training."""


@dataclass(frozen=True)
class Method:
    """An entry of METHODS.

    Parameters
    ----------
    name, summary, source : str
        Alias in the registry, one line for the list of methods, and where it is described.
    storage : mapping of modality to 'nothing', 'part' or 'whole'
        What a tuned model must store; its keys are the modalities the method is for. (A control
        that stores nothing stores its head where the task needs one.)
    build : callable
        ``build(Start) -> TunedModel``: loads the base, adds what the method adds, and lets exactly
        the intended parameters require gradients. Use ``adapt``, which checks first.
    recipes : mapping of modality to Recipe
        Empty for a control that is not trained.
    recipe_from_noise : Recipe, optional
        What is taken instead where the settings let a prompt for text start from noise.
    insertion : str
        What it puts into the network, as in Card.
    has_prompt : bool
        Whether ``prompt_length`` means anything to it.
    trains_prompts_only : bool
        Whether prompts, and at most a head beside them, are all that it trains.
    interpolates : bool
        Whether it is made from a base and a version tuned by ``full`` instead of by training; its
        recipe is then that of the version.
    forms : tuple of Form
        What it can be asked for.
    lacks : callable
        ``lacks(Start) -> problems``: what the base, the task or the settings lack for it. Reads
        configurations and no weights.
    finish : callable
        ``finish(TunedModel)``: called once after training, makes of the network in place what is
        stored.
    """

    name: str
    summary: str
    source: str
    storage: Mapping[Modality, Storage]
    build: Callable[[Start], TunedModel]
    recipes: Mapping[Modality, Recipe]
    recipe_from_noise: Recipe | None = None
    insertion: str = ""
    has_prompt: bool = False
    trains_prompts_only: bool = False
    interpolates: bool = False
    forms: tuple[Form, ...] = get_args(Form)
    lacks: Callable[[Start], Iterator[Problem]] = _lacks_nothing
    finish: Callable[[TunedModel], None] = _leave

    def recipe(self, modality: Modality, settings: MethodSettings) -> Recipe:
        """Give the recipe for a base of this modality at these settings."""
        if self.recipe_from_noise is not None and settings.prompt_init == "random":
            return self.recipe_from_noise
        return self.recipes[modality]

    def check(self, start: Start) -> None:
        """Refuse what the method cannot adapt, before any weight is read.

        Raises
        ------
        TuningError
            Naming everything that is lacking.
        """
        refuse(self.problems(start), TuningError)

    def adapt(self, start: Start) -> TunedModel:
        """Check, then load the base and make it ready for training.

        Raises
        ------
        TuningError
            As ``check``; and where what the method puts in has no effect on this base.
        """
        self.check(start)
        model = self.build(start)
        if model.card.insertion:
            from pipeline.tuning.self_test import refuse_without_effect

            refuse_without_effect(model)
        return model

    def problems(self, start: Start) -> Iterator[Problem]:
        """Find what the method cannot adapt, without reading any weight."""
        card = start.card
        misfits = tuple(self.misfits(card.modality, card.form))
        yield from misfits
        if misfits:
            return
        if card.modality == "text" and _has_no_head(start):
            yield Problem(
                f"base {card.base}",
                f"one that transformers has a network of for {card.form}",
                "none of its type",
                "Choose another base, or a task of another form.",
            )
        yield from self.lacks(start)

    def misfits(self, modality: Modality, form: Form) -> Iterator[Problem]:
        """Find out whether the method is for such bases and tasks at all."""
        remedy = "Choose another method."
        where = f"method '{self.name}'"
        if modality not in self.storage:
            expected = f"a base for {'/'.join(self.storage)}"
            yield Problem(where, expected, f"a base for {modality}", remedy)
        elif form not in self.forms:
            yield Problem(where, f"a task of {', '.join(self.forms)}", f"one of {form}", remedy)
