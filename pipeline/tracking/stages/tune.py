"""``tune``: task data and a base in, a registered version out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import mlflow
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Run

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import TaskData, TaskRequest
from pipeline.models.bases import Base, find_base
from pipeline.models.travelling.card import weights_digest
from pipeline.tracking.bases import keep_base
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registry import Registered, log_model, made_by, register
from pipeline.tracking.runs import NOTE, Stage, finished_runs, log, once, visible_refusal
from pipeline.tracking.unfinished import DoneElsewhereError, remove, workspace
from pipeline.tuning.devices import agree
from pipeline.tuning.recorder import Recorder, Silent, Workspace
from pipeline.tuning.search import Choice, Outcome
from pipeline.tuning.tune import Tuned, tune

CODE = ("models/travelling", "models/saving", "tuning", "tracking/registered_model")
ELSEWHERE = {"base", "data_dir"}  # settings whose content enters the fingerprint as a digest


@dataclass(frozen=True)
class RunRecorder:
    """Records a tuning in the active run, and each search trial in a run nested in it."""

    title: str

    def progress(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log losses at a step."""
        mlflow.log_metrics(dict(metrics), step=step)

    @contextmanager
    def trial(self, number: int, choice: Choice) -> Iterator[RunRecorder]:
        """Open the run of one search trial."""
        with mlflow.start_run(run_name=f"{self.title} trial {number}", nested=True):
            mlflow.set_tags({"stage": "trial", "trial": str(number)})
            mlflow.log_params(
                {"learning_rate": choice.learning_rate, "prompt_length": choice.prompt_length}
            )
            yield self

    def outcome(self, outcome: Outcome) -> None:
        """Tag a trial's run with how it ended, and log the loss that the search compares."""
        mlflow.set_tag("outcome", outcome.kind)
        if outcome.kind == "complete":
            mlflow.log_metric("validation_loss", outcome.loss)


@dataclass(frozen=True)
class _Request:
    """Everything that a tuning is made from, checked and loaded."""

    config: TuneConfig
    base: Base
    base_folder: Path
    data: TaskData

    def tune(self, recorder: Recorder, place: Workspace | None) -> Tuned | None:
        task = TASKS[self.config.task]
        return tune(self.config, self.base, self.base_folder, task, self.data, recorder, place)


def run_tune(config: TuneConfig) -> Registered:
    """Tune, score and register, or find the version that the same tuning made before.

    A tuning that was killed goes on where it stopped. Where torchrun has started several
    processes this is what the first of them does; the others :func:`join_tune`.

    Raises
    ------
    PipelineError
        When the base cannot be reached, the data is missing or damaged, or training diverges.
        Nothing is registered then.
    """
    stage = _stage(config)
    with visible_refusal(stage):
        request = _request(config)
    inputs = {"base": weights_digest(request.base_folder), "task": request.data.digest}
    mark = fingerprint("tune", config.model_dump(exclude=ELSEWHERE), inputs, CODE)
    stage = replace(stage, fingerprint=mark)
    base_uri = keep_base(request.base, request.base_folder)

    held = ExitStack()

    def work(_: Run) -> None:
        mlflow.log_input(_dataset(config.task, request.data), context="training")
        place = workspace(mark, _registered_something, held)
        try:
            tuned = request.tune(RunRecorder(stage.title), place)
        except DoneElsewhereError as done:
            remove(place)
            mlflow.set_tag("reuses", done.run_id)
            mlflow.set_tag(NOTE, f"Run {done.run_id} has finished the same tuning meanwhile.")
            return
        if tuned is None:
            raise AssertionError("the first process has no result")
        _log(tuned, _name(config), base_uri, config.seed)
        remove(place)

    agree(any(_registered_something(run) for run in finished_runs(mark)))
    with held:
        run_id = once(stage, work, _registered_something)
    reused = mlflow.get_run(run_id).data.tags.get("reuses", run_id)
    registered = made_by(reused)
    if registered is None:
        raise AssertionError(f"run {reused} registered nothing")
    return registered


def join_tune(config: TuneConfig) -> None:
    """Train in step with the process that runs :func:`run_tune`, and leave all else to it."""
    request = _request(config)
    already_done = agree(True)
    if not already_done:
        request.tune(Silent(), None)


def _stage(config: TuneConfig) -> Stage:
    tags = {
        "base": Path(config.base).name,
        "task": config.task,
        "method": config.method,
        "seed": str(config.seed),
    }
    title = f"tune {_name(config)} {config.method}"
    return Stage("tune", title, "", config.model_dump(), tags)


def _name(config: TuneConfig) -> str:
    """Name of the registered model."""
    return f"{Path(config.base).name}-{config.task}"


def _request(config: TuneConfig) -> _Request:
    base = find_base(config.base)
    return _Request(config, base, base.folder(), _load(config))


def _registered_something(run: Run) -> bool:
    return made_by(run.info.run_id) is not None


def _load(config: TuneConfig) -> TaskData:
    directory = Path(config.data_dir).expanduser() if config.data_dir else None
    request = TaskRequest(config.max_train, config.max_eval, config.seed, directory)
    return TASKS[config.task].load(request)


def _dataset(task: str, data: TaskData) -> MetaDataset:
    source = CodeDatasetSource(tags={"source": data.source})
    return MetaDataset(source, name=task, digest=data.digest[:32])


def _log(tuned: Tuned, name: str, base_uri: str, seed: int) -> None:
    """Log scores and model to the active run, and register the model last of all."""
    model_id, model_uri, stored = log_model(tuned.model, base_uri)
    scores = {f"task/{metric}": score.mean for metric, score in tuned.test.items()}
    scores |= {f"task/{metric}_error": score.error for metric, score in tuned.test.items()}
    scores |= {f"validation/{metric}": score.mean for metric, score in tuned.validation.items()}
    scores |= {f"base/{metric}": score.mean for metric, score in tuned.base_test.items()}
    sizes = _sizes(tuned, stored)
    mlflow.log_metrics({**scores, **{f"size/{k}": v for k, v in sizes.items()}}, model_id=model_id)
    mlflow.set_tag("converged", str(tuned.converged).lower())
    if tuned.training and tuned.training.resumed_at:
        mlflow.set_tag("resumed_at_step", str(tuned.training.resumed_at))
    card = tuned.model.card
    shown = ("bertscore_f1", "exact_match", "accuracy")
    tags = {
        "method": card.method,
        "task": card.task,
        "base": card.base,
        "base_digest": card.base_digest[:16],
        "modality": card.modality,
        "prompt_length": str(card.prompt_length),
        "learning_rate": f"{tuned.choice.learning_rate:g}",
        "seed": str(seed),
        "converged": str(tuned.converged).lower(),
        "validation_score": repr(tuned.validation[tuned.primary].mean),
        **{k: str(v) for k, v in sizes.items()},
        **{f"task/{k}": f"{v.mean:.4f}" for k, v in tuned.test.items() if k in shown},
    }
    verdict = _verdict(tuned)
    registered = register(model_uri, name, tags, f"{card.method}: {verdict}")
    log.info("  %s: %s", registered.title, verdict)
    mlflow.set_tag(NOTE, f"{registered.title}: {verdict}\n\nRegistered as `{registered.uri}`.")


def _verdict(tuned: Tuned) -> str:
    primary = tuned.primary
    test, base = tuned.test[primary], tuned.base_test[primary]
    verdict = f"{primary} {test.mean:.3f} ± {test.error:.3f} (untuned base {base.mean:.3f})"
    if tuned.converged:
        return verdict
    return f"{verdict}; **not converged**: no better than the untuned base by more than the error"


def _sizes(tuned: Tuned, stored: int) -> dict[str, int]:
    parameters = list(tuned.model.network.parameters())
    return {
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        "total_parameters": sum(p.numel() for p in parameters),
        "bytes_stored": stored,
    }
