"""``tune``: task data and a base in, a registered version out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Run

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import TaskData, TaskRequest
from pipeline.models.bases import find_base, short_name
from pipeline.models.travelling.card import weights_digest
from pipeline.tracking.bases import keep_base
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registry import Registered, log_model, made_by, register
from pipeline.tracking.runs import NOTE, Stage, log, once, visible_refusal
from pipeline.tuning.search import Choice
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


def run_tune(config: TuneConfig) -> Registered:
    """Tune, score and register, or find the version that the same tuning made before.

    Raises
    ------
    PipelineError
        When the base cannot be reached, the data is missing or damaged, or training diverges.
        Nothing is registered then.
    """
    name = f"{short_name(config.base)}-{config.task}"
    tags = {
        "base": short_name(config.base),
        "task": config.task,
        "method": config.method,
        "seed": str(config.seed),
    }
    stage = Stage("tune", f"tune {name} {config.method}", "", config.model_dump(), tags)
    with visible_refusal(stage):
        base = find_base(config.base)
        base_folder = base.folder()
        data = _load(config)
    inputs = {"base": weights_digest(base_folder), "task": data.digest}
    mark = fingerprint("tune", config.model_dump(exclude=ELSEWHERE), inputs, CODE)
    stage = Stage("tune", stage.title, mark, stage.settings, tags)
    base_uri = keep_base(base, base_folder)

    def work(_: Run) -> None:
        mlflow.log_input(_dataset(config.task, data), context="training")
        recorder = RunRecorder(stage.title)
        tuned = tune(config, base, base_folder, TASKS[config.task], data, recorder)
        _log(tuned, name, base_uri, config.seed)

    run_id = once(stage, work, lambda run: made_by(run.info.run_id) is not None)
    registered = made_by(run_id)
    if registered is None:
        raise AssertionError(f"run {run_id} registered nothing")
    return registered


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
