"""Versions between a base and a version of it tuned by ``full``: nothing is trained here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow.entities import Run

from pipeline.config import TuneConfig
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.claims import claimed
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.looking_up import begin_work
from pipeline.tracking.lost_runs import discard_remains, earlier_attempts
from pipeline.tracking.registered import Registered, best_of, nothing_registered, versions_with
from pipeline.tracking.registry import is_undamaged, whole_version_of
from pipeline.tracking.runs import (
    leave_word_of_reuse,
    log,
    stage_run,
    visible_refusal,
    within_another_stage,
)
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name, tune_request, tune_stage
from pipeline.tracking.stages.tune.records import log_tuned
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.stages.tune.untuned import untuned_statistics
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.wise_ft import ALPHAS
from pipeline.tuning.training.devices import world_size
from pipeline.tuning.tune import interpolations


def run_method(config: TuneConfig) -> Registered:
    """Adapt a base as its method says: by training, or between the base and what was trained.

    Raises
    ------
    PipelineError
        See :func:`pipeline.tracking.stages.tune.stage.run_tune`.
    """
    return run_interpolate(config) if METHODS[config.method].interpolates else run_tune(config)


def check_devices(config: TuneConfig) -> None:
    """Refuse several processes for a method that trains nothing for them to share.

    Raises
    ------
    TuningError
    """
    if world_size() > 1 and METHODS[config.method].interpolates:
        raise TuningError(
            Problem(
                f"method '{config.method}'",
                "one process",
                f"{world_size()} that torchrun has started",
                f"Tune with method=full under torchrun, then with {config.method} in one process.",
            )
        )


def run_interpolate(config: TuneConfig) -> Registered:
    """Register a version for each alpha, or find those made before.

    The version tuned by ``full`` is the best one of the same base, data and seed; where there is
    none it is tuned first, with the recipe of the method that interpolates.

    Returns
    -------
    Registered
        The one with the best validation score of these; the method's alias points at the best of
        all seeds.

    Raises
    ------
    PipelineError
        Where tuning by ``full`` is refused.
    """
    with visible_refusal(tune_stage(config)):
        request = tune_request(config)
    with within_another_stage():
        full = _tuned_fully(config, request)
        base_uri = keep_base(request.base, request.base_folder)
    marks = _marks(request, full)
    with claimed(" ".join(marks.values()), tune_stage(config).title):
        _register_missing(config, request, full, base_uri, marks)
    best = best_of(version for mark in marks.values() if (version := whole_version_of(mark)))
    if best is None:
        raise nothing_registered(tune_stage(config).title)
    return best


def _register_missing(
    config: TuneConfig,
    request: TuneRequest,
    full: Registered,
    base_uri: str,
    marks: Mapping[float, str],
) -> None:
    """Score and register the versions that no finished run has registered yet."""
    stage = tune_stage(config)
    versions = {alpha: whole_version_of(mark) for alpha, mark in marks.items()}
    missing = [alpha for alpha, version in versions.items() if version is None]
    best = best_of(version for version in versions.values() if version)
    if best and not missing:
        log.info("%s: already done, reusing its versions", stage.title)
        leave_word_of_reuse(stage, best.run_id)
    else:
        begin_work(stage.title)
        with _folder_of(full) as folder:
            untuned = untuned_statistics(request)
            tuned = interpolations(request.session, folder, missing, untuned)
            for alpha in missing:
                with _run_of(config, request, alpha, full, marks[alpha]):
                    for attempt in earlier_attempts(marks[alpha]):
                        discard_remains(attempt)
                    further = {"alpha": f"{alpha:g}", "interpolates": full.uri}
                    log_tuned(next(tuned), request, base_uri, further)


def _tuned_fully(config: TuneConfig, request: TuneRequest) -> Registered:
    """Find the version to interpolate towards, or tune it."""
    best = _best_full(config, request)
    if best:
        return best
    recipe = METHODS[config.method].recipes[request.base.modality]
    rate = 0.0 if config.trials else config.learning_rate or recipe.learning_rate
    own_settings = {
        "method": "full",
        "checkpoints": 0,  # versions on its way are of no use here
        "learning_rate": rate,
        "weight_decay": recipe.weight_decay if config.weight_decay < 0 else config.weight_decay,
    }
    return run_tune(config.model_copy(update=own_settings))


def _best_full(config: TuneConfig, request: TuneRequest) -> Registered | None:
    """Find the best sound version of the same base, data and seed that was tuned by full."""
    tags = {
        "method": "full",
        "base_digest": base_digest(request.base_folder)[:16],
        "data_digest": request.data.digest[:16],
        "seed": str(config.seed),
    }
    versions = versions_with(model_name(config), tags)
    return best_of(version for version in versions if is_undamaged(version))


def find_interpolated(config: TuneConfig, request: TuneRequest) -> Registered | None:
    """Find the best of the versions between base and full, where all of them are there."""
    full = _best_full(config, request)
    if full is None:
        return None
    versions = [whole_version_of(mark) for mark in _marks(request, full).values()]
    return best_of(version for version in versions if version) if all(versions) else None


def _marks(request: TuneRequest, full: Registered) -> dict[float, str]:
    """Fingerprint each version between the base and one tuned by full, by its alpha."""
    return {
        alpha: request.fingerprint(run_interpolate, full=full.model_id, alpha=str(alpha))
        for alpha in ALPHAS
    }


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
