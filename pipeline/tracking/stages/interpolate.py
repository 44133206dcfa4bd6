"""Versions between a base and a version of it tuned by ``full``: nothing is trained here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow.entities import Run

from pipeline.config import TuneConfig
from pipeline.errors import RegistryError
from pipeline.models.travelling.card import weights_digest
from pipeline.tracking.bases import keep_base
from pipeline.tracking.registry import Registered, made_by, resolve
from pipeline.tracking.runs import finished_runs, log, stage_run, visible_refusal
from pipeline.tracking.stages.tune import run_tune
from pipeline.tracking.tune_request import TuneRequest, model_name, tune_request, tune_stage
from pipeline.tracking.tuned_runs import log_tuned
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.wise_ft import ALPHAS
from pipeline.tuning.tune import interpolations


def run_method(config: TuneConfig) -> Registered:
    """Adapt a base as its method says: by training, or between the base and what was trained.

    Raises
    ------
    PipelineError
        See :func:`pipeline.tracking.stages.tune.run_tune`.
    """
    return run_interpolate(config) if METHODS[config.method].interpolates else run_tune(config)


def run_interpolate(config: TuneConfig) -> Registered:
    """Register a version for each alpha, or find those made before.

    The version tuned by ``full`` is the best one of the same base, task and seed; where there is
    none it is tuned first, with the recipe of the method that interpolates.

    Returns
    -------
    Registered
        The one with the best validation score, which the method's alias points at.

    Raises
    ------
    PipelineError
        Where tuning by ``full`` is refused.
    """
    with visible_refusal(tune_stage(config)):
        request = tune_request(config)
    full = _tuned_fully(config, request)
    name, base_uri = model_name(config), keep_base(request.base, request.base_folder)
    marks = {alpha: request.fingerprint(full=full.model_id, alpha=str(alpha)) for alpha in ALPHAS}
    missing = [alpha for alpha, mark in marks.items() if not _registered(mark)]
    if not missing:
        log.info("%s: already done, reusing its versions", tune_stage(config).title)
        return resolve(f"models:/{name}@{config.method}")
    with _folder_of(full) as folder:
        arguments = (config, request.base, request.base_folder, request.task, request.data)
        tuned = interpolations(*arguments, folder, missing)
        for alpha in missing:
            with _run_of(config, request, alpha, full, marks[alpha]):
                further = {"alpha": f"{alpha:g}", "interpolates": full.uri}
                log_tuned(next(tuned), name, base_uri, config.seed, further)
    return resolve(f"models:/{name}@{config.method}")


def _tuned_fully(config: TuneConfig, request: TuneRequest) -> Registered:
    """Find the version to interpolate towards, or tune it."""
    digest = weights_digest(request.base_folder)[:16]
    try:
        found = resolve(f"models:/{model_name(config)}@full")
    except RegistryError:
        pass
    else:
        if (found.tags["base_digest"], found.tags["seed"]) == (digest, str(config.seed)):
            return found
    recipe = METHODS[config.method].recipes[request.base.modality]
    chosen = {
        "method": "full",
        "learning_rate": config.learning_rate or recipe.learning_rate,
        "weight_decay": recipe.weight_decay if config.weight_decay < 0 else config.weight_decay,
    }
    return run_tune(config.model_copy(update=chosen))


def _registered(mark: str) -> Registered | None:
    made = (made_by(run.info.run_id) for run in finished_runs(mark))
    return next((registered for registered in made if registered), None)


@contextmanager
def _folder_of(version: Registered) -> Iterator[Path]:
    """Fetch the folder of a tuned model."""
    with TemporaryDirectory(prefix="full-") as name:
        fetched = mlflow.artifacts.download_artifacts(version.uri, dst_path=name)
        yield Path(fetched) / "artifacts" / "tuned"


@contextmanager
def _run_of(
    config: TuneConfig, request: TuneRequest, alpha: float, full: Registered, mark: str
) -> Iterator[Run]:
    """Open the run of one alpha."""
    stage = tune_stage(config)
    titled = replace(
        stage,
        title=f"{stage.title} alpha {alpha:g}",
        fingerprint=mark,
        settings={**stage.settings, "alpha": alpha, "interpolates": full.uri},
    )
    log.info("%s", titled.title)
    with stage_run(titled) as run:
        mlflow.log_input(request.dataset(), context="training")
        yield run
