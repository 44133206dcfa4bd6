"""Runs whose process is gone: closed as KILLED, and rid of what they left half done."""

from __future__ import annotations

import time

import mlflow
from mlflow.entities import Metric, Run

from pipeline.tracking.claims import PROCESS, is_gone, sweep
from pipeline.tracking.runs import ATTEMPT, find_runs, log

BATCH = 1000  # metrics that MLflow takes at once


def close_lost_runs() -> None:
    """Close as KILLED the runs that processes left RUNNING which are gone.

    A version that such a run has registered is removed: its run never came to its end, and the
    same command makes it again.
    """
    sweep()
    client = mlflow.MlflowClient()
    for run in find_runs("attributes.status = 'RUNNING'"):
        tag = run.data.tags.get(PROCESS)
        if tag is not None and is_gone(tag):
            discard_remains(run)
            client.set_terminated(run.info.run_id, "KILLED")
            log.info("run %s was left by a process that is gone: closed", run.info.run_name)


def earlier_attempts(fingerprint: str) -> list[Run]:
    """Find the runs that began the same work and never finished it, newest first."""
    begun = find_runs(f"tags.{ATTEMPT} = '{fingerprint}'")
    return [run for run in begun if run.info.status in ("KILLED", "FAILED")]


def discard_remains(run: Run) -> None:
    """Remove what a run that never finished has registered, and its logged models."""
    from pipeline.tracking.registered import made_by
    from pipeline.tracking.registry import discard_version

    registered = made_by(run.info.run_id)
    if registered is not None:
        discard_version(registered)
    client = mlflow.MlflowClient()
    models = client.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
    )
    for model in models:
        client.delete_logged_model(model.model_id)


def take_over_curves(attempts: list[Run], run_id: str, last_step: int) -> None:
    """Log to a run the curves of earlier attempts, up to the step from which it went on.

    Parameters
    ----------
    attempts : list of Run
        Newest first: where two have a value for a step, the newer one is taken.
    run_id : str
    last_step : int
    """
    client = mlflow.MlflowClient()
    curves: dict[tuple[str, int], Metric] = {}
    for attempt in attempts:
        for key in attempt.data.metrics:
            for point in client.get_metric_history(attempt.info.run_id, key):
                if key.startswith("loss/") and point.step <= last_step:
                    curves.setdefault((key, point.step), point)
    points = [
        Metric(point.key, point.value, point.timestamp or int(1000 * time.time()), point.step)
        for point in curves.values()
    ]
    for start in range(0, len(points), BATCH):
        client.log_batch(run_id, metrics=points[start : start + BATCH])
