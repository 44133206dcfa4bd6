"""Bases in the store: kept once, so that every adapter tuned from one finds it again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mlflow

from pipeline.models.bases import Base
from pipeline.models.hub import revision_of
from pipeline.models.travelling.card import base_digest, base_files
from pipeline.tracking.runs import Stage, always, once

FOLDER = "base"


def keep_base(base: Base, folder: Path) -> str:
    """Log a base's files, unless the store has them already.

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
    run_id = once(stage, lambda _: _log_base(folder), always)
    return f"runs:/{run_id}/{FOLDER}"


def _log_base(folder: Path) -> None:
    """Log what loading reads; a directory may hold checkpoints and other formats besides."""
    with tempfile.TemporaryDirectory(prefix="base-") as name:
        for path in base_files(folder):
            (Path(name) / path.name).symlink_to(path.resolve())
        mlflow.log_artifacts(name, FOLDER)
