"""Adapts a base to a task with a method: search if asked, train, score, compare with the base."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.config.stages import TuneConfig
from pipeline.data.task import Task, TaskData
from pipeline.errors import Problem, TuningError
from pipeline.models.bases import Base
from pipeline.models.travelling.card import Card, weights_digest
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.loop import Schedule, Training, train
from pipeline.tuning.method import USUAL, Method, Recipe, Start
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores import PRIMARY, Scorer, TaskScore, score
from pipeline.tuning.search import Choice, search


class Recorder(Protocol):
    """Where a tuning reports what happens while it happens."""

    def progress(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record losses at a step."""

    def trial(self, number: int, choice: Choice) -> AbstractContextManager[Recorder]:
        """Open the record of one search trial."""


@dataclass(frozen=True)
class Tuned:
    """A tuned model and what is known of it.

    Parameters
    ----------
    model : TextModel or VisionModel
    choice : Choice
        Learning rate and prompt length it was trained with.
    training : Training or None
        None for a control that is not trained.
    validation, test, base_test : mapping of str to TaskScore
        Scores on the held-out splits; ``base_test`` are those of the untuned base.
    converged : bool
        Whether it beats the base on the test split by more than the bootstrap error. True for
        the base itself, which had nothing to learn.
    """

    model: TunedModel
    choice: Choice
    training: Training | None
    validation: Mapping[str, TaskScore]
    test: Mapping[str, TaskScore]
    base_test: Mapping[str, TaskScore]
    converged: bool

    @property
    def primary(self) -> str:
        """Name of the score that decides which version is best."""
        return PRIMARY[self.model.card.modality]


def tune(
    config: TuneConfig,
    base: Base,
    base_folder: Path,
    task: Task,
    data: TaskData,
    recorder: Recorder,
) -> Tuned:
    """Adapt a base to a task.

    Parameters
    ----------
    config : TuneConfig
    base : Base
    base_folder : Path
        Config and weights of the base.
    task : Task
    data : TaskData
        The task's three splits; ``test`` is touched once, at the end.
    recorder : Recorder

    Raises
    ------
    TuningError
        When the base does not have what the method needs, the examples do not fit, or training
        diverges.
    """
    method = METHODS[config.method]
    if base.modality not in method.storage:
        raise TuningError(_wrong_modality(method, base))
    session = _Session(config, base, base_folder, task, data, method)
    method.check(session.start(method, config.prompt_length if method.has_prompt else 0))
    choice = session.choose(recorder)
    model, training = session.run(choice, config.max_steps, recorder)
    scorer = Scorer(config.bertscore_model, config.bertscore_layers)
    validation = score(model, data.validation, scorer)
    test = score(model, data.test, scorer)
    base_test = test if not method.recipes else score(session.untuned(), data.test, scorer)
    primary = PRIMARY[base.modality]
    converged = not method.recipes or test[primary].beats(base_test[primary])
    return Tuned(model, choice, training, validation, test, base_test, converged)


@dataclass(frozen=True)
class _Session:
    """One base, task and method, trained as often as the search asks."""

    config: TuneConfig
    base: Base
    base_folder: Path
    task: Task
    data: TaskData
    method: Method

    def choose(self, recorder: Recorder) -> Choice:
        """Take learning rate and length from the settings, the recipe or the search."""
        length = self.config.prompt_length if self.method.has_prompt else 0
        if not self.method.recipes:
            return Choice(0.0, length)
        recipe = self.recipe
        rate = self.config.learning_rate or recipe.learning_rate
        if not self.config.trials:
            return Choice(rate, length)

        def validation_loss(number: int, choice: Choice) -> float:
            with recorder.trial(number, choice) as trial_recorder:
                try:
                    _, training = self.run(choice, self.config.trial_steps, trial_recorder)
                except TuningError:
                    return math.inf  # too high a rate is an answer, not an accident
            return training.validation_loss if training else math.inf

        return search(
            recipe=recipe,
            has_prompt=self.method.has_prompt,
            longest_prompt=2 * self.config.prompt_length,
            trials=self.config.trials,
            seed=self.config.seed,
            validation_loss=validation_loss,
        )

    def run(
        self, choice: Choice, steps: int, recorder: Recorder
    ) -> tuple[TunedModel, Training | None]:
        """Adapt and train once, from the seed."""
        from transformers import set_seed

        set_seed(self.config.seed)
        model = self._adapted(self.method, choice.prompt_length)
        if not self.method.recipes:
            return model, None
        schedule = Schedule(
            recipe=self.recipe,
            learning_rate=choice.learning_rate,
            max_steps=steps,
            batch_size=self.config.batch_size,
            eval_every=self.config.eval_every,
            patience=self.config.patience,
            seed=self.config.seed,
        )
        training = train(model, self.data.train, self.data.validation, schedule, recorder.progress)
        self.method.finish(model)
        return model, training

    @property
    def recipe(self) -> Recipe:
        """How the method is trained, at this batch size."""
        return self.method.recipes[self.base.modality].at(self.config.batch_size)

    def untuned(self) -> TunedModel:
        """Make the control that every tuned model is compared with."""
        return self._adapted(METHODS["base"], 0)

    def _adapted(self, method: Method, prompt_length: int) -> TunedModel:
        return method.adapt(self.start(method, prompt_length))

    def start(self, method: Method, prompt_length: int) -> Start:
        """Say what a method adapts, and what the tuned model will say about itself."""
        card = Card(
            base=self.base.name,
            base_digest=weights_digest(self.base_folder),
            modality=self.base.modality,
            task=self.task.name,
            method=method.name,
            storage=method.storage[self.base.modality],
            form=self.task.form,
            insertion=method.insertion,
            prompt_length=prompt_length,
            cue=self.task.cue,
            max_target_tokens=self.task.max_target_tokens,
            classes=self.task.classes,
        )
        return Start(self.base_folder, card, self.data.train, USUAL)


def _wrong_modality(method: Method, base: Base) -> Problem:
    return Problem(
        "method",
        f"one that can adapt a base for {base.modality}",
        f"'{method.name}', which is for {'/'.join(method.storage)}",
        f"Choose one of {', '.join(m for m, x in METHODS.items() if base.modality in x.storage)}.",
    )
