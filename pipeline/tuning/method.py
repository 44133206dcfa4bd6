"""Methods: ways of adapting a base, each with the recipe its literature uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config import MethodConfig
from pipeline.errors import Problem, TuningError, refuse
from pipeline.models.travelling.card import Storage
from pipeline.tuning.forms import FORMS, form_of
from pipeline.tuning.loading import architecture_of, text_config
from pipeline.tuning.prompt_room import lacks_context
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.special_tokens import lacks_special_tokens
from pipeline.tuning.start import Start
from pipeline.words import CurveSetting, Modality

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _has_no_head(start: Start) -> bool:
    card, folder = start.card, start.base_folder
    if card.modality == "image":
        from pipeline.models.travelling.vision_networks import outline_of

        own_head = FORMS[card.modality, card.form].own_head
        return not own_head and not hasattr(outline_of(folder), "reset_classifier")
    from pipeline.models.travelling.text_networks import factory_of

    return factory_of(text_config(folder), card.form) is None


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
    needs_head : bool
        Whether it is only for tasks that put a head on the base.
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
    needs_head: bool = False
    lacks: Callable[[Start], Iterator[Problem]] = _lacks_nothing
    finish: Callable[[TunedModel], None] = _leave

    @property
    def forms(self) -> tuple[str, ...]:
        """Forms of task that it is for."""
        suited = (form.name for form in FORMS.values() if not (self.needs_head and form.own_head))
        return tuple(dict.fromkeys(suited))

    def recipe(self, modality: Modality, settings: MethodConfig) -> Recipe:
        """Give the recipe for a base of this modality at these settings."""
        if self.recipe_from_noise is not None and settings.prompt_init == "random":
            return self.recipe_from_noise
        return self.recipes[modality]

    def heeds(self, setting: CurveSetting) -> bool:
        """Say whether what it comes to depends on a setting."""
        if setting == "prompt_length":
            return self.has_prompt
        return bool(self.recipes) and not self.interpolates

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
            As ``check``; and where the base cannot be read, or the method is without effect on it.
        """
        from pipeline.tuning.self_test import library_errors_as_refusals, refuse_unfit

        self.check(start)
        with library_errors_as_refusals(start.card, architecture_of(start)):
            model = self.build(start)
            refuse_unfit(model)
        return model

    def problems(self, start: Start) -> Iterator[Problem]:
        """Find what the method cannot adapt, without reading any weight."""
        card = start.card
        misfits = tuple(self.misfits(card.modality, card.form))
        yield from misfits
        if misfits:
            return
        has_no_head = _has_no_head(start)
        if has_no_head:
            library = "transformers" if card.modality == "text" else "timm"
            yield Problem(
                f"base {card.base}",
                f"one that {library} has a network of for {card.form}",
                "none of its type",
                "Choose another base, or a task of another form.",
            )
        room, words = lacks_context(start), form_of(card).lacks(start)
        lacking = (*room, *words, *self.lacks(start))
        yield from lacking
        if card.modality == "text" and not (has_no_head or lacking):
            yield from lacks_special_tokens(start)

    def misfits(self, modality: Modality, form: str) -> Iterator[Problem]:
        """Find out whether the method is for such bases and tasks at all."""
        remedy = "Choose another method."
        where = f"method '{self.name}'"
        if modality not in self.storage:
            expected = f"a base for {'/'.join(self.storage)}"
            yield Problem(where, expected, f"a base for {modality}", remedy)
        elif form not in self.forms:
            yield Problem(where, f"a task of {', '.join(self.forms)}", f"one of {form}", remedy)
