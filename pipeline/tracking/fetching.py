"""Artifacts on this machine: read where they lie, or fetched once and removed with the process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import mlflow


def is_local(uri: str) -> bool:
    """Say whether an artifact's URI is a path on this machine."""
    return uri.startswith(("/", "file:"))


def fetch(uri: str) -> Path:
    """Give the path of an artifact of a finished run.

    What lies on this machine is read there, not copied. What had to be fetched stays for as long
    as this process runs, so that it is fetched once.

    Parameters
    ----------
    uri : str
        The artifact's own, not ``runs:/…``: under that one everything is copied.
    """
    return Path(mlflow.artifacts.download_artifacts(uri)) if is_local(uri) else _fetch_once(uri)


@cache
def _fetch_once(uri: str) -> Path:
    return Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch_folder(uri)))


def fetch_for_good(uri: str, folder: Path) -> Path:
    """Give the path of an artifact that is still there when this process has ended.

    Parameters
    ----------
    uri : str
    folder : Path
        Where to put what does not lie on this machine; made if need be, used if it is there.
    """
    if is_local(uri):
        return fetch(uri)
    folder.mkdir(parents=True, exist_ok=True)
    return Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)))


def scratch_folder(uri: str) -> str | None:
    """Give a new folder for what MLflow fetches; None for what it need not fetch.

    MLflow leaves what it fetches in the system's folder for temporary files.
    """
    return None if is_local(uri) else mkdtemp(dir=_ours().name)


@cache
def _ours() -> TemporaryDirectory[str]:
    """Make the folder of all that this process fetches; it goes when the process ends."""
    return TemporaryDirectory(prefix="fetched-")
