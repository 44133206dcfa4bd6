"""What a killed tuning left behind, kept in the store under the fingerprint of the tuning."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

import mlflow
from filelock import FileLock
from mlflow.entities import Run

from pipeline.tracking.runs import finished_runs
from pipeline.tuning.recorder import Workspace


class DoneElsewhereError(Exception):
    """Another process has finished the same tuning in the meantime."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


def workspace(fingerprint: str, usable: Callable[[Run], bool]) -> Workspace:
    """Give the place where a tuning keeps its search and its checkpoints.

    Parameters
    ----------
    fingerprint : str
    usable : callable
        Whether what a finished run logged is still there.
    """
    folder = _local_store() / "unfinished" / fingerprint[:16]
    return Workspace(folder, _claim(folder, fingerprint, usable))


def remove(place: Workspace) -> None:
    """Remove a workspace that is no longer needed."""
    shutil.rmtree(place.folder, ignore_errors=True)
    _lock_file(place.folder).unlink(missing_ok=True)


@contextmanager
def _claim(folder: Path, fingerprint: str, usable: Callable[[Run], bool]) -> Iterator[None]:
    """Let one process at a time train; a later one finds out that nothing is left to do.

    Raises
    ------
    DoneElsewhereError
        When a run with the same fingerprint was finished while waiting.
    """
    with FileLock(_lock_file(folder)):
        for run in finished_runs(fingerprint):
            if usable(run):
                raise DoneElsewhereError(run.info.run_id)
        yield


def _lock_file(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _local_store() -> Path:
    """Find the folder where artifacts lie, or where they would by default if they lie elsewhere."""
    address = urlparse(mlflow.get_artifact_uri())
    if address.scheme in {"", "file"}:
        return Path(unquote(address.path)).parents[2]  # above <experiment>/<run>/artifacts
    return Path("mlruns").absolute()
