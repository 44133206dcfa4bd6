"""``export``: a study in, one archive out that is a store of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import mlflow
from mlflow.entities import Run

from pipeline.config import ExportConfig
from pipeline.errors import Problem, RegistryError
from pipeline.tracking.archives.database_rows import copy_rows, place_of_model, place_of_run
from pipeline.tracking.archives.membership import runs_of_study
from pipeline.tracking.archives.sums import MANIFEST, Contents, sum_of
from pipeline.tracking.databases import make_database
from pipeline.tracking.fetching import fetch
from pipeline.tracking.lineage import latest_study

DATABASE = "mlflow.db"


@dataclass(frozen=True)
class Exported:
    """An archive, and what it holds."""

    path: Path
    contents: Contents
    n_runs: int


def export_study(config: ExportConfig) -> Exported:
    """Write a study, and all that it rests on, into one archive.

    Raises
    ------
    RegistryError
        There is no such study, its store is behind a server, or an artifact is gone.
    """
    uri = mlflow.get_tracking_uri()
    if uri.startswith("http"):
        finding = f"'{uri}', a server that does not give out its tables"
        remedy = "Set MLFLOW_TRACKING_URI to the database behind the server (postgresql://…)."
        raise RegistryError(Problem("MLFLOW_TRACKING_URI", "a database", finding, remedy))
    study = config.study or latest_study()
    runs = runs_of_study(study)
    title = mlflow.get_run(study).data.tags["mlflow.runName"]
    path = Path(config.archive or f"study-{study[:8]}.zip").expanduser().absolute()
    partial = path.with_name(f"{path.name}.partial")
    try:
        with TemporaryDirectory(prefix="export-") as name:
            database = Path(name) / DATABASE
            make_database(database)
            copy_rows(uri, database, runs)
            sums = _write(partial, {DATABASE: database, **dict(_artifacts(runs))})
        contents = Contents(study, title, sums)
        with ZipFile(partial, "a", ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, contents.text())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Exported(path, contents, len(runs))


def _artifacts(runs: Sequence[Run]) -> Iterator[tuple[str, Path]]:
    """Yield the artifacts of runs and the files of their models: place in the archive, and path."""
    client = mlflow.MlflowClient()
    for run in runs:
        experiment, run_id = run.info.experiment_id, run.info.run_id
        if client.list_artifacts(run_id):
            yield from _below(fetch(run.info.artifact_uri), place_of_run(experiment, run_id))
        for model in client.search_logged_models(
            [experiment], filter_string=f"source_run_id = '{run_id}'"
        ):
            place = place_of_model(experiment, model.model_id)
            yield from _below(fetch(model.artifact_location), place)


def _below(folder: Path, place: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{place}/{path.relative_to(folder).as_posix()}", path


def _write(archive: Path, files: dict[str, Path]) -> dict[str, str]:
    """Write files into a new archive, and give their checksums."""
    sums = {}
    with ZipFile(archive, "w", ZIP_DEFLATED) as into:
        for name, path in files.items():
            into.write(path, name)
            with path.open("rb") as file:
                sums[name] = sum_of(file)
    return sums
