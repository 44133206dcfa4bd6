"""Workspace of a tuning: what it leaves if it is killed, kept under its fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from mlflow.entities import Run

from pipeline.tracking.claims import claimed
from pipeline.tracking.runs import Stage, finished_runs
from pipeline.tracking.unfinished import forget, unfinished_folder
from pipeline.tuning.recorder import Workspace


def workspace(stage: Stage, usable: Callable[[Run], bool], locks: ExitStack) -> Workspace:
    """Give the place where a tuning keeps its search and its checkpoints.

    Parameters
    ----------
    stage : Stage
    usable : callable
        Whether what a finished run logged is still there.
    locks : ExitStack
        Keeps other processes from training the same until it is closed, by when the run must be
        finished.
    """
    folder = unfinished_folder(stage.fingerprint)

    def claim() -> str | None:
        locks.enter_context(claimed(stage.fingerprint, stage.title))
        done = (run.info.run_id for run in finished_runs(stage.fingerprint) if usable(run))
        return next(done, None)

    return Workspace(folder, claim)


def remove(place: Workspace) -> None:
    """Remove a workspace that is no longer needed."""
    forget(place.folder)
