"""Versions that keep no weights: their features are in the store, and only those are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import mlflow
from mlflow.entities import FileInfo
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from pipeline.errors import Problem
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import add_details
from pipeline.tracking.versions import DROPPED, TUNED, location_of_model

CARD = "card.json"


def has_weights(version: Registered) -> bool:
    """Say whether a version can still be loaded."""
    return DROPPED not in version.tags


def weight_problems(version: Registered) -> Iterator[Problem]:
    """Find out whether a version is asked for features that nothing can compute any more."""
    if not has_weights(version):
        yield Problem(
            f"model {version.uri}",
            "features of it that are in the store already",
            "others, and its weights were dropped once those were extracted",
            "Tune again with weights_on_the_way=true: such versions can be extracted again.",
        )


def drop_weights(version: Registered) -> int:
    """Remove from the store what a version needs to be loaded; its card and its tags stay.

    Parameters
    ----------
    version : Registered
        It counts as undamaged without these files from now on.

    Returns
    -------
    int
        Bytes that were removed.
    """
    repository = get_artifact_repository(location_of_model(version.model_id))
    files = [file for file in _files(repository, TUNED) if PurePosixPath(file.path).name != CARD]
    # said first: a version that is half removed is one without weights, and none that is damaged
    add_details(version, {DROPPED: "\n".join(file.path for file in files)})
    for file in files:
        repository.delete_artifacts(file.path)
    client = mlflow.MlflowClient()
    note = client.get_model_version(version.name, version.version).description or ""
    without = f"{note}; its features are in the store, its weights were dropped"
    client.update_model_version(version.name, version.version, without)
    return sum(int(file.file_size) for file in files)


def _files(repository: ArtifactRepository, folder: str) -> Iterator[FileInfo]:
    for entry in repository.list_artifacts(folder):
        if entry.is_dir:
            yield from _files(repository, entry.path)
        else:
            yield entry
