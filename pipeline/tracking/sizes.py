"""Bytes that a study takes in the store, by what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import mlflow
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from pipeline.tracking.lineage import Link, latest_study, read_further_links, read_lineage
from pipeline.tracking.runs import find_runs

VERSIONS = "version"


@dataclass(frozen=True)
class Size:
    """What one kind of thing takes.

    Parameters
    ----------
    kind : str
        A stage, whose runs' artifacts are counted, or 'version'.
    number : int
    n_bytes : int
    """

    kind: str
    number: int
    n_bytes: int


def study_sizes(study: str = "") -> list[Size]:
    """Sum up the files of all runs and versions that a study rests on, each once.

    Parameters
    ----------
    study : str
        Id of its run; empty: the newest study that is finished.

    Raises
    ------
    RegistryError
        When there is no such study.
    """
    study = study or latest_study()
    _, declared = read_lineage(study)
    links = [*declared, *read_further_links(study)]
    client = mlflow.MlflowClient()
    kinds = {
        kind: {n: _bytes_of_run(client, n) for n in runs} for kind, runs in _runs(study, links)
    }
    kinds[VERSIONS] = {link.model: _bytes_of(link.model) for link in links}
    return [Size(kind, len(sizes), sum(sizes.values())) for kind, sizes in kinds.items()]


def _runs(study: str, links: Iterable[Link]) -> Iterator[tuple[str, set[str]]]:
    """Group the runs that a study rests on by stage."""
    links = list(links)
    tags = [mlflow.get_run(link.tune_run).data.tags["base"] for link in links]
    bases = {run.info.run_id for name in set(tags) for run in _finished("base", name)}
    aligned = {link.align_run for link in links}
    yield "base", bases
    extracts = {link.extract_run for link in links if link.extract_run}
    yield "tune", {link.tune_run for link in links} - extracts  # the same for features of others
    yield "extract", extracts
    yield "reference", {mlflow.get_run(run).data.tags["reference"] for run in aligned}
    yield "align", aligned
    if scored := {link.pairs_run for link in links if link.pairs_run}:
        yield "minimal-pairs", scored
    reports = find_runs(f"tags.stage = 'report' and tags.`mlflow.parentRunId` = '{study}'")
    yield "report", {study, *(run.info.run_id for run in reports)}


def _finished(stage: str, base: str) -> list[mlflow.entities.Run]:
    return find_runs(
        f"tags.stage = '{stage}' and tags.base = '{base}' and attributes.status = 'FINISHED'"
    )


def _bytes_of_run(client: mlflow.MlflowClient, run_id: str) -> int:
    return _bytes_of(client.get_run(run_id).info.artifact_uri)


def _bytes_of(uri: str) -> int:
    return sum(_files(get_artifact_repository(uri), ""))


def _files(repository: ArtifactRepository, path: str) -> Iterator[int]:
    """List the sizes of the files below a path, as the store tells them: nothing is fetched."""
    for entry in repository.list_artifacts(path or None):
        if entry.is_dir:
            yield from _files(repository, entry.path)
        else:
            yield entry.file_size or 0
