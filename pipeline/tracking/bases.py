"""Bases in the store: kept once, so that every adapter tuned from one finds it again."""

from __future__ import annotations

from pathlib import Path

import mlflow

from pipeline.models.bases import Base
from pipeline.models.travelling.card import weights_digest
from pipeline.tracking.runs import Stage, always, once

FOLDER = "base"


def keep_base(base: Base, folder: Path) -> str:
    """Log a base's config and weights, unless the store has them already.

    Returns
    -------
    str
        URI under which MLflow finds the folder from anywhere that reaches the store.
    """
    digest = weights_digest(folder)
    # not hashed with code or settings: the weights alone decide
    stage = Stage(
        name="base",
        title=f"base {base.name}",
        fingerprint=f"base-{digest}",
        settings={"digest": digest},
        tags={"base": base.name},
    )
    run_id = once(stage, lambda _: mlflow.log_artifacts(str(folder), FOLDER), always)
    return f"runs:/{run_id}/{FOLDER}"
