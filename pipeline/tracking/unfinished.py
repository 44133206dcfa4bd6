"""Folders that keep the work of runs that have not finished."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.tracking.places import shared_folder

FOLDER = "unfinished"


def unfinished_folder(fingerprint: str) -> Path:
    """Say where the units of a run with this fingerprint are kept until it has finished.

    In the folder that all who work on the store share, whatever folder they are started in. The
    fingerprint sums up all inputs, settings and code, so what lies there is of this very work.
    """
    return shared_folder() / FOLDER / fingerprint[:32]


def forget(folder: Path) -> None:
    """Remove what was kept; the folder around it stays, for others may be about to use it."""
    shutil.rmtree(folder, ignore_errors=True)
