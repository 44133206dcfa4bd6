"""One base, task and method, trained as often as the search asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import TuneConfig
from pipeline.data.task import Task, TaskData
from pipeline.errors import Problem, TuningError
from pipeline.models.bases import Base
from pipeline.models.devices import chosen_device
from pipeline.models.travelling.card import Card, base_digest
from pipeline.tuning.forms import FORMS, form_of
from pipeline.tuning.method import Method
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.recorder import Progress, Recorder
from pipeline.tuning.scores.bertscore import Scorer
from pipeline.tuning.search.choices import LONGEST, Choice, Space
from pipeline.tuning.search.search import Outcome, PrunedError, ReportLoss, search
from pipeline.tuning.start import Interpolation, Start
from pipeline.tuning.training.schedule import DivergedError, Schedule, Training
from pipeline.tuning.training.states import read_state

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def longest_prompt(config: TuneConfig, method: Method) -> int:
    """Give the most prompt positions that a tuning may come to: a search tries longer ones, too."""
    searched = bool(config.trials and method.recipes)
    return (LONGEST if searched else 1) * config.prompt_length if method.has_prompt else 0


@dataclass(frozen=True)
class Session:
    """One base, task and method, trained as often as the search asks."""

    config: TuneConfig
    base: Base
    base_folder: Path
    task: Task
    data: TaskData
    method: Method

    def choose(self, recorder: Recorder, journal: Path) -> Choice:
        """Take learning rate and length from the settings, the recipe or the search."""
        config = self.config
        if not self.method.recipes:
            return Choice(0.0, self._length)
        if not config.trials:
            return Choice(config.learning_rate or self.recipe.learning_rate, self._length)
        space = Space(
            method=self.method.name,
            recipe=self.recipe,
            prompt_length=self._length,
            trials=config.trials,
            steps=config.steps_of_a_trial,
            seed=config.seed,
            pruning=config.pruning,
        )

        def attempt(number: int, choice: Choice, report: ReportLoss) -> Outcome:
            with recorder.trial(number, choice) as trial:
                outcome = self._outcome(choice, trial, report)
                trial.outcome(outcome)
            return outcome

        return search(space, attempt, journal)

    def _outcome(self, choice: Choice, recorder: Recorder, report: ReportLoss) -> Outcome:
        steps = 0

        def progress(step: int, losses: Mapping[str, float]) -> None:
            nonlocal steps
            steps = step
            recorder.progress(step, losses)
            if "loss/validation" in losses:
                report(step, losses["loss/validation"])

        try:
            _, training = self._run(choice, self._trial_schedule(choice), progress, None, None)
        except PrunedError:
            return Outcome("pruned", steps=steps)
        except DivergedError:
            return Outcome("diverged", steps=steps)  # too high a rate is an answer, not an accident
        return Outcome("complete", training.validation_loss, training.steps)

    def run(
        self,
        choice: Choice,
        progress: Progress,
        checkpoints: Path | None = None,
        states: Path | None = None,
    ) -> tuple[TunedModel, Training]:
        """Adapt and train to the end, from the seed or from the last checkpoint."""
        return self._run(choice, self._full_schedule(choice), progress, checkpoints, states)

    def _run(
        self,
        choice: Choice,
        schedule: Schedule,
        progress: Progress,
        checkpoints: Path | None,
        states: Path | None,
    ) -> tuple[TunedModel, Training]:
        from pipeline.tuning.training.loop import train

        model = self.adapted(self.method, choice.prompt_length)
        data = self.data
        training = train(
            model, data.train, data.validation, schedule, progress, checkpoints, states
        )
        return model, training

    def held_out_loss(self, choice: Choice) -> float:
        """Compute the loss on the validation split of the base as adapted, not yet trained."""
        from pipeline.tuning.training.loop import held_out_loss

        model = self.adapted(self.method, choice.prompt_length)
        data, settings = self.data, self.config
        # a control has no recipe, and what it is adapted to needs none to be looked at
        schedule = Schedule(Recipe(0.0, 0.0, 0.0), 0.0, settings.max_steps, settings)
        return held_out_loss(model, data.train, data.validation, schedule)

    def model_at(self, state: Path, choice: Choice) -> TunedModel:
        """Give the model as it was at a state that its training left on the way."""
        from pipeline.tuning.training.batch_loss import BatchLoss

        model = self.adapted(self.method, choice.prompt_length)
        objective = BatchLoss(model.network, form_of(model.card).loss)
        objective.load_state_dict(read_state(state))
        model.network.eval()
        self.method.finish(model)
        return model

    def _trial_schedule(self, choice: Choice) -> Schedule:
        """Schedule the beginning of the training that would follow.

        A trial of 200 steps whose rate has fallen to nothing by then says little of a training of
        3,000: the best rate for the one is not the best for the other. So a trial differs from the
        training in nothing but that it ends early (Li et al. 2018, Hyperband).
        """
        return replace(self._full_schedule(choice), trial_steps=self.config.steps_of_a_trial)

    def _full_schedule(self, choice: Choice) -> Schedule:
        return Schedule(self.recipe, choice.learning_rate, self.config.max_steps, self.config)

    @property
    def scorer(self) -> Scorer:
        """The model behind BERTScore."""
        return Scorer(self.config.bertscore_model, self.config.bertscore_layers)

    @property
    def recipe(self) -> Recipe:
        """How the method is trained, at this batch size."""
        recipe = self.method.recipe(self.base.modality, self.config).at(self.config.batch_size)
        decay = self.config.weight_decay
        return recipe if decay < 0 else replace(recipe, weight_decay=decay)

    @property
    def _length(self) -> int:
        return self.config.prompt_length if self.method.has_prompt else 0

    def problems(self) -> Iterator[Problem]:
        """Find what the method cannot adapt, at the longest prompt that the search may try."""
        searched = bool(self.config.trials and self.method.recipes)
        longest = longest_prompt(self.config, self.method)
        if searched:
            yield from self._too_short_trials()
        start = self._start(self.method, longest)
        for problem in self.method.problems(start):
            if searched and problem.where == "prompt_length":
                length = f"{problem.found}, as a search goes up to twice {self._length}"
                yield replace(problem, found=length)
            else:
                yield self._advised(problem, self.method, longest)
        trains = self.method.recipes and self.base.modality == self.task.modality
        if trains and not any(self.method.misfits(self.base.modality, self.task.form)):
            for examples in (self.data.train, self.data.validation):
                yield from FORMS[self.task.modality, self.task.form].lacks_room(start, examples)

    def _too_short_trials(self) -> Iterator[Problem]:
        """Find out whether a trial is over before the learning rate it tries was reached."""
        if any(self.method.misfits(self.base.modality, self.task.form)):
            return
        config = self.config
        needed = min(2 * self.recipe.warmup_steps(config.max_steps), config.max_steps)
        if config.steps_of_a_trial < needed:
            yield Problem(
                "trial_steps",
                f"at least {needed}, twice the warm-up of {config.max_steps} steps",
                str(config.trial_steps),
                "Raise trial_steps, or lower max_steps.",
            )

    def _advised(self, problem: Problem, method: Method, prompt_length: int) -> Problem:
        """Name what is accepted in place of a method, where it is the method that does not fit."""
        if problem.where != f"method '{method.name}'":
            return problem
        return replace(problem, remedy=self._instead(prompt_length))

    def _instead(self, prompt_length: int) -> str:
        """Advise what this base and task accept in place of the method."""
        accepted = [
            name
            for name, method in METHODS.items()
            if method.recipes
            and not method.interpolates
            and self._accepts(method, prompt_length or 1)
        ]
        if not accepted:
            return "Choose another base or task: no method is for this one."
        return f"Choose another base or task, or for this one {', '.join(accepted)}."

    def _accepts(self, method: Method, prompt_length: int) -> bool:
        """Say whether a method adapts this base: it is tried on the network itself."""
        start = self._start(method, prompt_length)
        if any(method.problems(start)):
            return False
        try:
            method.adapt(start)
        except TuningError:
            return False
        return True

    def adapted(self, method: Method, prompt_length: int) -> TunedModel:
        """Adapt the base with a method, untrained; what is drawn, the seed alone decides.

        Raises
        ------
        TuningError
            Naming what is accepted in place of the method.
        """
        self._seed()
        try:
            return method.adapt(self._start(method, prompt_length))
        except TuningError as error:
            problems = (self._advised(p, method, prompt_length) for p in error.problems)
            raise TuningError(*problems) from error

    def untuned(self) -> TunedModel:
        """Give the base as it is, which every method is compared with.

        Raises
        ------
        TuningError
            Naming the session's method, and that the base cannot be read untuned.
        """
        self._seed()
        try:
            return METHODS["base"].adapt(self._start(METHODS["base"], 0))
        except TuningError as error:
            problem = Problem(
                f"method '{self.method.name}'",
                "a base whose scores untuned it can be compared with",
                "; ".join(problem.found for problem in error.problems),
                "Choose another base.",
            )
            raise TuningError(problem) from error

    def model_between(self, full_folder: Path, alpha: float) -> TunedModel:
        """Give the model between the base, 0, and a version of it tuned by full, 1."""
        self._seed()
        start = self._start(self.method, 0)
        where = Interpolation(full_folder, alpha)
        return self.method.adapt(replace(start, interpolation=where))

    def _seed(self) -> None:
        from transformers import set_seed

        set_seed(self.config.seed)

    def _start(self, method: Method, prompt_length: int) -> Start:
        """Say what a method adapts, and what the tuned model will say about itself."""
        card = Card(
            base=self.base.name,
            base_digest=base_digest(self.base_folder),
            modality=self.base.modality,
            task=self.task.name,
            method=method.name,
            storage=method.storage.get(self.base.modality, "part"),  # where absent, refused
            form=self.task.form,
            insertion=method.insertion,
            prompt_length=prompt_length,
            cue=self.task.cue,
            keeps=self.task.keeps,
            max_target_tokens=self.task.max_target_tokens,
            writing=FORMS[self.task.modality, self.task.form].writing,
            classes=self.data.classes,
        )
        device = chosen_device(self.config.device)
        return Start(self.base_folder, card, self.data.train, self.config, device=device)
