"""Bases in the store: kept once, so that every adapter tuned from one finds it again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from pipeline.models.bases import Base
from pipeline.models.hub_bases import revision_of
from pipeline.models.travelling.card import base_digest, base_files
from pipeline.tracking.digests import folder_at
from pipeline.tracking.remembered import forget_runs, run_with
from pipeline.tracking.runs import Stage, log, once
from pipeline.tracking.seals import is_whole, seal_run

FOLDER = "base"


def keep_base(base: Base, folder: Path) -> str:
    """Log a base's files, unless the store has them already; mend what is damaged of them there.

    Returns
    -------
    str
        URI under which MLflow finds the folder from anywhere that reaches the store.
    """
    digest = base_digest(folder)
    # not hashed with code or settings: its files alone decide
    stage = Stage(
        name="base",
        title=f"base {base.name}",
        fingerprint=f"base-{digest}",
        settings={"digest": digest},
        tags={"base": base.name, "revision": revision_of(folder)},
    )
    run_id = once(stage, lambda _: _log_base(folder), lambda _: True)
    if not _holds(run_id, digest):
        log.info("base %s: damaged in the store, laid down there again", base.name)
        _lay_down_again(run_id, folder)
        forget_runs(stage.fingerprint)
    return f"runs:/{run_id}/{FOLDER}"


def _holds(run_id: str, digest: str) -> bool:
    run = run_with(run_id)
    if not is_whole(run):
        return False
    with folder_at(f"{run.info.artifact_uri}/{FOLDER}") as base_folder:
        return base_digest(base_folder) == digest


def _lay_down_again(run_id: str, folder: Path) -> None:
    """Replace the kept files in the run that versions name, so that these are whole again."""
    repository = get_artifact_repository(mlflow.get_run(run_id).info.artifact_uri)
    with suppress(OSError, mlflow.exceptions.MlflowException):  # where nothing is left of it
        repository.delete_artifacts(FOLDER)
    with _laid_out(folder) as files:
        mlflow.MlflowClient().log_artifacts(run_id, str(files), FOLDER)
    seal_run(run_id)


def _log_base(folder: Path) -> None:
    with _laid_out(folder) as files:
        mlflow.log_artifacts(str(files), FOLDER)


@contextmanager
def _laid_out(folder: Path) -> Iterator[Path]:
    """Give what loading reads; a directory may hold checkpoints and other formats besides."""
    with tempfile.TemporaryDirectory(prefix="base-") as name:
        for path in base_files(folder):
            (Path(name) / path.name).symlink_to(path.resolve())
        yield Path(name)
