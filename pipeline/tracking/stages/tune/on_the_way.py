"""Versions on the way of a training: registered beside the tuned ones, under a name of their own.

They are scored on the validation split alone, and no alias points at one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow

from pipeline.data import TASKS
from pipeline.tracking.logged_models import log_model
from pipeline.tracking.names import run_title, valid_name
from pipeline.tracking.registered import Registered, versions_with
from pipeline.tracking.registry import discard_version, register_on_the_way
from pipeline.tracking.runs import NOTE, Stage, log, stage_run
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name, tune_stage
from pipeline.tracking.stages.tune.records import sizes_of, tags_of
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.tune import on_the_way
from pipeline.tuning.tuned import OnTheWay

#: Tags of such a version: after how many optimiser steps, and the run of the training.
STEP, TRAINING = "step", "training"


def log_on_the_way(request: TuneRequest, choice: Choice, states: Path, base_uri: str) -> None:
    """Score and register the states of a training, each in a run inside the active one.

    Parameters
    ----------
    request : TuneRequest
    choice : Choice
        What the training was done with.
    states : Path
        Folder of the states that it left.
    base_uri : str
        Where the store keeps the base.
    """
    training = mlflow.active_run().info.run_id
    config = request.config
    for point in on_the_way(request.session, choice, states):
        stage = Stage(
            "on-the-way",
            run_title(config.method, config.seed, f"step {point.step}", model_name(config)),
            settings={STEP: point.step},
            tags=tune_stage(config).tags,
        )
        with stage_run(stage):
            _register(point, request, training, base_uri)


def versions_on_the_way(name: str, training: str) -> Iterator[Registered]:
    """Give the versions on the way of a training, in order.

    Parameters
    ----------
    name : str
        Of the registered model that holds what the training came to.
    training : str
        Id of its run.
    """
    versions = versions_with(_series_name(name), {TRAINING: training})
    yield from sorted(versions, key=lambda version: int(version.tags[STEP]))


def discard_on_the_way(name: str, training: str) -> None:
    """Remove the versions that a training which never finished has registered."""
    for version in versions_on_the_way(name, training):
        discard_version(version)


def _series_name(name: str) -> str:
    return valid_name(f"{name}-on-the-way")


def _register(point: OnTheWay, request: TuneRequest, training: str, base_uri: str) -> None:
    logged = log_model(point.model, base_uri)
    sizes = sizes_of(point.model, logged.bytes_stored)
    scores = {f"validation/{name}": score.mean for name, score in point.validation.items()}
    mlflow.log_metrics({**scores, "step": point.step}, model_id=logged.model_id)
    primary = TASKS[request.config.task].scores[0]
    score = point.validation[primary].mean
    tags = {
        **tags_of(point.model.card, request, sizes, score),
        **logged.seals,
        STEP: str(point.step),
        TRAINING: training,
    }
    note = f"{point.model.card.method} after step {point.step}: {primary} {score:.3f} (validation)"
    name = _series_name(model_name(request.config))
    registered = register_on_the_way(logged.uri, name, tags, note)
    log.info("  %s", note)
    mlflow.set_tag(NOTE, f"{note}\n\nRegistered as `{registered.uri}`.")
