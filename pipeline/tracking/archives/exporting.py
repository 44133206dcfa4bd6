"""``export``: a study in, one archive out that is a store of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import mlflow
from mlflow.entities import Run

from pipeline.config import ExportConfig, ReportConfig
from pipeline.errors import Problem, RegistryError
from pipeline.tracking.archives.database_rows import copy_rows, place_of_model, place_of_run
from pipeline.tracking.archives.sums import MANIFEST, Contents, sum_of
from pipeline.tracking.databases import make_database
from pipeline.tracking.fetching import fetch
from pipeline.tracking.lineage import Link, latest_study, read_further_links, read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.foreign import METHOD as FOREIGN
from pipeline.tracking.stages.report.stage import run_report

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
    runs = _runs_of_study(study)
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


def _runs_of_study(study: str) -> list[Run]:
    """Find every run that a study rests on: its own, its stages', bases, references, trials.

    Parameters
    ----------
    study : str
        Run id.

    Raises
    ------
    RegistryError
        It is no study whose models are all aligned.
    """
    _, declared = read_lineage(study)
    links = [*declared, *read_further_links(study)]
    ids = dict.fromkeys([study, run_report(ReportConfig(study=study)).run_id])
    for link in links:
        ids |= dict.fromkeys(_of_link(link))
    runs = {run_id: mlflow.get_run(run_id) for run_id in ids if run_id}
    for run_id in list(runs):
        children = find_runs(f"tags.`mlflow.parentRunId` = '{run_id}'")
        runs |= {child.info.run_id: child for child in children if child.info.status == "FINISHED"}
    return list(runs.values())


def _of_link(link: Link) -> list[str]:
    """List the runs behind one tuned model with one brain dataset."""
    registered = resolve(link.model)
    runs = [link.tune_run, link.extract_run, link.align_run, link.pairs_run]
    runs.append(mlflow.get_run(link.align_run).data.tags["reference"])
    if registered.names["method"] != FOREIGN:  # features of another tool have no base here
        runs.append(_base_run(link.model))
    if "interpolates" in registered.tags:
        towards = registered.tags["interpolates"]
        runs += [resolve(towards).run_id, _base_run(towards)]
    return runs


def _base_run(model: str) -> str:
    """Give the run that keeps the base of a registered version."""
    flavor = mlflow.models.get_model_info(model).flavors["python_function"]
    base: str = flavor["config"]["base_uri"].removeprefix("runs:/")
    return base.partition("/")[0]
