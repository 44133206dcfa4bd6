"""Where the work of a run that has not finished is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import mlflow

from pipeline.tracking.places import database_of

FOLDER = "unfinished"


def unfinished_folder(fingerprint: str) -> Path:
    """Say where the units of a run with this fingerprint are kept until it has finished.

    Beside the store's database, or in this directory where the store is a server. The fingerprint
    sums up all inputs, settings and code, so what lies there is of this very work.
    """
    database = database_of(mlflow.get_tracking_uri())
    beside = database.parent if database else Path.cwd()
    return beside / FOLDER / fingerprint[:32]


def forget(folder: Path) -> None:
    """Remove what was kept; the folder around it stays, for others may be about to use it."""
    shutil.rmtree(folder, ignore_errors=True)
