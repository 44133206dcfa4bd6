"""One base, task and method, trained as often as the search asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.stages import TuneConfig
from pipeline.data.task import Task, TaskData
from pipeline.models.bases import Base
from pipeline.models.travelling.card import Card, weights_digest
from pipeline.models.travelling.loading import TunedModel
from pipeline.tuning.loop import Progress, train
from pipeline.tuning.method import Method, Start
from pipeline.tuning.recorder import Recorder
from pipeline.tuning.schedule import DivergedError, Schedule, Training
from pipeline.tuning.search import Choice, Outcome, PrunedError, Report, Space, search


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
        if not self.method.recipes:
            return Choice(0.0, 0)
        config, has_prompt = self.config, self.method.has_prompt
        recipe = self.method.recipes[self.base.modality]
        if not config.trials:
            rate = config.learning_rate or recipe.learning_rate
            return Choice(rate, config.prompt_length if has_prompt else 0)
        space = Space(
            recipe=recipe,
            longest_prompt=2 * config.prompt_length if has_prompt else 0,
            trials=config.trials,
            steps=config.trial_steps,
            seed=config.seed,
            pruning=config.pruning,
        )

        def attempt(number: int, choice: Choice, report: Report) -> Outcome:
            with recorder.trial(number, choice) as trial:
                outcome = self._outcome(choice, trial, report)
                trial.outcome(outcome)
            return outcome

        return search(space, attempt, journal)

    def _outcome(self, choice: Choice, recorder: Recorder, report: Report) -> Outcome:
        def progress(step: int, losses: Mapping[str, float]) -> None:
            recorder.progress(step, losses)
            if "loss/validation" in losses:
                report(step, losses["loss/validation"])

        try:
            _, training = self.run(choice, self.config.trial_steps, progress)
        except PrunedError:
            return Outcome("pruned")
        except DivergedError:
            return Outcome("diverged")  # too high a rate is an answer, not an accident
        return Outcome("complete", training.validation_loss)

    def run(
        self,
        choice: Choice,
        steps: int,
        progress: Progress,
        checkpoints: Path | None = None,
    ) -> tuple[TunedModel, Training]:
        """Adapt and train once, from the seed or from the last checkpoint."""
        from transformers import set_seed

        set_seed(self.config.seed)
        model = self.adapted(self.method, choice.prompt_length)
        recipe = self.method.recipes[self.base.modality]
        schedule = Schedule(recipe, choice.learning_rate, steps, self.config)
        data = self.data
        training = train(model, data.train, data.validation, schedule, progress, checkpoints)
        return model, training

    def adapted(self, method: Method, prompt_length: int) -> TunedModel:
        """Adapt the base with a method, untrained."""
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
        return method.adapt(Start(self.base_folder, card, self.data.train))
