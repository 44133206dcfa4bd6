"""Scores of the untuned base, which every tuning is compared with: computed once, and looked up."""

from __future__ import annotations

from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np

from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.runs import Stage, artifact, find_runs, once, within_another_stage
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name
from pipeline.tuning.scores.task_score import TaskScore
from pipeline.tuning.tune import Statistics, score_untuned

FILE = "untuned_scores.npz"
UNTUNED = "untuned"  # the tag of a run that holds them: a fingerprint of what they depend on


def untuned_statistics(request: TuneRequest) -> Statistics:
    """Look up what each test example adds to the scores of the untuned base, or compute it.

    The run of another tuning by method ``base`` holds it, or else a run of its own does.

    Parameters
    ----------
    request : TuneRequest
        Of any method.

    Returns
    -------
    mapping of str to ndarray of float64, shape (n_examples, n_statistics)
        As :attr:`pipeline.tuning.scores.task_score.TaskScore.statistics`, by the score's name.
    """
    mark = untuned_mark(request)
    condition = f"tags.{UNTUNED} = '{mark}' and attributes.status = 'FINISHED'"
    run_id = next((run.info.run_id for run in find_runs(condition) if is_whole(run)), None)
    if run_id is None:
        config = request.config
        stage = Stage(
            name=UNTUNED,
            title=f"score {model_name(config)} untuned",
            fingerprint=mark,
            settings=_settings(request),
            tags={"base": request.base.name, "task": config.task, "seed": str(config.seed)},
        )
        with within_another_stage():
            run_id = once(stage, lambda _: _score(request), is_whole)
    with np.load(artifact(run_id, FILE), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _score(request: TuneRequest) -> None:
    mlflow.log_input(request.dataset(), context="testing")
    scores = score_untuned(request.session)
    mlflow.log_metrics({f"base/{name}": score.mean for name, score in scores.items()})
    log_untuned(scores, request)


def log_untuned(scores: Mapping[str, TaskScore], request: TuneRequest) -> None:
    """Log scores of the untuned base to the active run, for later tunings to look up."""
    with TemporaryDirectory(prefix="untuned-") as folder:
        path = f"{folder}/{FILE}"
        arrays: dict[str, Any] = {name: score.statistics for name, score in scores.items()}
        np.savez_compressed(path, **arrays)
        mlflow.log_artifact(path)
    mlflow.set_tag(UNTUNED, untuned_mark(request))


def untuned_mark(request: TuneRequest) -> str:
    """Sum up what the scores of the untuned base depend on: no method, no training."""
    inputs = {**request.inputs(), "classes": repr(request.data.classes)}
    return fingerprint(UNTUNED, _settings(request), inputs, untuned_statistics)


def _settings(request: TuneRequest) -> dict[str, object]:
    """Select the settings that count: what they say of the data is in its digest."""
    return request.config.model_dump(include={"seed", "bertscore_model", "bertscore_layers"})
