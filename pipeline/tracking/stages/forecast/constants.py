"""Constants of this machine, measured once and kept in the user's cache folder."""

from __future__ import annotations

import json
import logging
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from pipeline.forecast.machine import Machine, Speed
from pipeline.forecast.probe import probe
from pipeline.tracking.code_trail import trail_digest
from pipeline.tracking.databases import make_database
from pipeline.tracking.user_cache import cache_folder, write_whole

log = logging.getLogger("pipeline")
OLDEST = 7 * 24 * 3600.0  # seconds for which constants count
RUNS = 3
VALUES, BATCHES, ARTIFACTS = 40, 4, 4


def machine_constants() -> Machine:
    """Take the constants measured on this machine in the last days, or measure them now."""
    path = cache_folder() / f"{platform.node()}-{trail_digest(probe)[:12]}.json"
    if path.is_file() and time.time() - path.stat().st_mtime < OLDEST:
        return _machine(json.loads(path.read_text(encoding="utf-8")))
    log.info("measuring this machine, once, for about 20 seconds")
    with _quiet():
        machine = probe(bookkeeping_seconds())
    write_whole(path, json.dumps(asdict(machine), indent=1))
    return machine


@contextmanager
def _quiet() -> Iterator[None]:
    """Let what is measured say nothing of its own."""
    loggers = [logging.getLogger(name) for name in ("pipeline", "mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _machine(values: dict[str, Any]) -> Machine:
    speeds = {name: Speed(**values[name]) for name in ("narrow", "wide")}
    return Machine(**{**values, **speeds})


def bookkeeping_seconds() -> float:
    """Time a run that logs what a stage logs, in a store of its own that is removed."""
    with tempfile.TemporaryDirectory(prefix="probe-") as name:
        folder = Path(name)
        make_database(folder / "mlflow.db")
        client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
        location = (folder / "artifacts").as_uri()
        experiment = client.create_experiment("probe", artifact_location=location)
        started = time.perf_counter()
        for _ in range(RUNS):
            _log_a_run(client, experiment, folder)
        return (time.perf_counter() - started) / RUNS


def _log_a_run(client: MlflowClient, experiment: str, folder: Path) -> None:
    run_id = client.create_run(experiment, tags={"stage": "probe"}).info.run_id
    params = [Param(f"setting {number}", str(number)) for number in range(VALUES)]
    for step in range(BATCHES):
        metrics = [Metric(f"metric {number}", number, 0, step) for number in range(VALUES)]
        client.log_batch(run_id, metrics, params if not step else (), ())
    text = folder / "text.txt"
    text.write_text("text" * 1000, encoding="utf-8")
    for number in range(ARTIFACTS):
        client.log_artifact(run_id, str(text), f"folder {number}")
    client.set_terminated(run_id)
