"""What a killed tuning left behind, kept in the store under the fingerprint of the tuning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock
from mlflow.entities import Run

from pipeline.tracking.runs import finished_runs
from pipeline.tracking.unfinished import forget, unfinished_folder
from pipeline.tuning.recorder import Workspace


def workspace(fingerprint: str, usable: Callable[[Run], bool], held: ExitStack) -> Workspace:
    """Give the place where a tuning keeps its search and its checkpoints.

    Parameters
    ----------
    fingerprint : str
    usable : callable
        Whether what a finished run logged is still there.
    held : ExitStack
        Keeps other processes from training the same until it is closed, by when the run must be
        finished.
    """
    folder = unfinished_folder(fingerprint)

    def claim() -> str | None:
        held.enter_context(FileLock(_lock_file(folder)))
        done = (run.info.run_id for run in finished_runs(fingerprint) if usable(run))
        return next(done, None)

    return Workspace(folder, claim)


def remove(place: Workspace) -> None:
    """Remove a workspace that is no longer needed."""
    _lock_file(place.folder).unlink(missing_ok=True)
    forget(place.folder)


def _lock_file(folder: Path) -> Path:
    return folder.with_suffix(".lock")
