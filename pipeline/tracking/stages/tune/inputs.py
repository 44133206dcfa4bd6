"""Inputs of a tuning: its base and data, loaded and checked, and the names it goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset

from pipeline.config import MethodConfig, TuneConfig
from pipeline.config.tune import TRAINING_SETTINGS
from pipeline.data import TASKS
from pipeline.data.task import Task, TaskData
from pipeline.errors import Problem, TuningError, refuse
from pipeline.models.bases import Base, find_base, folder_of, short_name
from pipeline.models.hub_bases import revision_of
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import run_title, valid_name
from pipeline.tracking.runs import Stage
from pipeline.tracking.versions import current_code
from pipeline.tuning.method import Method
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores.bertscore import NAMES, Scorer
from pipeline.tuning.session import Session

ELSEWHERE = {"base", "data_dir"}  # settings whose content enters the fingerprint as a digest


@dataclass(frozen=True)
class TuneRequest:
    """Everything that a tuning is made from.

    Parameters
    ----------
    config : TuneConfig
    base : Base
    base_folder : Path
        Config and weights of the base.
    task : Task
    data : TaskData
    """

    config: TuneConfig
    base: Base
    base_folder: Path
    task: Task
    data: TaskData

    @property
    def session(self) -> Session:
        """What is tuned, with the method of the settings."""
        method = METHODS[self.config.method]
        return Session(self.config, self.base, self.base_folder, self.task, self.data, method)

    def fingerprint(self, stage: Callable[..., object], **further: str) -> str:
        """Sum up settings, code, base, data, what the task asks, and digests of what else.

        How to train does not count where nothing is trained: a control is made once for each base,
        data and seed, whatever it is compared with. An equal base of another name is another: its
        versions are registered under its own.
        """
        inputs = {**self.inputs(), "travelling": current_code(), **further}
        settings = self.config.model_dump(exclude={*ELSEWHERE, *self.unheeded()})
        settings["base"] = self.base.name
        return fingerprint("tune", settings, inputs, stage, save_tuned)

    def unheeded(self) -> frozenset[str]:
        """Name the settings that mean nothing to the method."""
        method = METHODS[self.config.method]
        if method.recipes:
            return frozenset()
        own = frozenset() if method.has_prompt else frozenset(MethodConfig.model_fields)
        return TRAINING_SETTINGS | own

    def inputs(self) -> dict[str, str]:
        """Give the digests of base, data and scorer, and what the task asks."""
        task = self.task
        return {
            "base": base_digest(self.base_folder),
            "task": self.data.digest,
            "asks": repr((task.form, task.cue, task.keeps, task.max_target_tokens, task.scores)),
            "scorer": self._scorer(),
        }

    def measure(self) -> str:
        """Sum up what a validation score was measured on and by: only such scores compare."""
        primary = self.task.scores[0]
        scorer = (self._scorer() or self.config.bertscore_model, self.config.bertscore_layers)
        by = scorer if primary in NAMES else ()
        measured = (self.data.validation.digest, self.data.classes, primary, by)
        return hashlib.sha256(repr(measured).encode()).hexdigest()[:16]

    @property
    def scorer_name(self) -> str:
        """Name the model behind BERTScore, with layer and scale; empty where it scores nothing."""
        scorer = Scorer(self.config.bertscore_model, self.config.bertscore_layers)
        return scorer.name if set(NAMES) & set(scorer.choose(self.task.scores)) else ""

    def _scorer(self) -> str:
        """Sum up the model behind BERTScore, where texts are scored and it lies on this machine."""
        folder = folder_of(self.config.bertscore_model)
        return base_digest(folder) if folder and set(NAMES) & set(self.task.scores) else ""

    def origin(self) -> dict[str, str]:
        """Say which commit of the hub the base was fetched at, so that it can be fetched again."""
        hub, revision = self.base.hub, revision_of(self.base_folder)
        if hub is None:
            return {}
        return {"base_repository": hub.repository, "base_revision": revision}

    def dataset(self) -> MetaDataset:
        """Describe the task's data for the inputs of a run."""
        source = CodeDatasetSource(tags={"source": self.data.source})
        return MetaDataset(source, name=self.task.name, digest=self.data.digest[:32])


def tune_request(config: TuneConfig) -> TuneRequest:
    """Find the base and load the task's data.

    Raises
    ------
    PipelineError
        When base, task and method are not for one another, the base cannot be reached, or the data
        is missing or damaged.
    """
    base, task = find_base(config.base), TASKS[config.task]
    refuse(misfits(base, task, METHODS[config.method]), TuningError)
    return TuneRequest(config, base, base.folder(), task, task.load(config))


def misfits(base: Base, task: Task, method: Method) -> Iterator[Problem]:
    """Find what their names alone say does not fit: nothing has been fetched or read for it yet."""
    if base.modality != task.modality:
        yield Problem(
            "task",
            f"one for {base.modality}, as base {base.name} is",
            f"'{task.name}', which is for {task.modality}",
            "Change task or base.",
        )
    yield from method.misfits(base.modality, task.form)


def model_name(config: TuneConfig) -> str:
    """Name of the registered model."""
    return valid_name(f"{short_name(config.base)}-{config.task}")


def tune_stage(config: TuneConfig) -> Stage:
    """Describe the stage; its fingerprint is known once the request is loaded."""
    tags = {
        "base": short_name(config.base),
        "task": config.task,
        "method": config.method,
        "seed": str(config.seed),
    }
    title = run_title(config.method, config.seed, "tune", model_name(config))
    return Stage("tune", title, "", config.model_dump(), tags)
