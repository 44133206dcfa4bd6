"""Rows of a store's database that belong to some of its runs, copied into an empty store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Run
from sqlalchemy import Connection, MetaData, Table, create_engine, select

#: Where an archive says that its artifacts lay: opening it corrects this.
ROOT = "/exported"
DatabaseRow = dict[str, Any]
#: Tables of rows that belong to a run, to a logged model, to an experiment.
OF_RUNS = ("runs", "latest_metrics", "metrics", "params", "tags")
OF_MODELS = ("logged_models", "logged_model_params", "logged_model_tags")
OF_EXPERIMENTS = ("experiments", "experiment_tags", "datasets")


def copy_rows(source_uri: str, target: Path, runs: Sequence[Run]) -> None:
    """Copy what a database says of some runs, of their models and of the versions made of these.

    Parameters
    ----------
    source_uri : str
        Of an SQL store.
    target : Path
        An SQLite store that holds nothing but MLflow's default experiment.
    runs : sequence of Run
    """
    engines = create_engine(source_uri), create_engine(f"sqlite:///{target}")
    with engines[0].connect() as source, engines[1].begin() as store:
        tables = MetaData()
        tables.reflect(store)
        store.execute(tables.tables["experiments"].delete())  # comes with its own
        copied = _Copying(source, store, tables.tables)
        copied.all_of({run.info.run_id for run in runs}, {run.info.experiment_id for run in runs})
    for engine in engines:
        engine.dispose()


class _Copying:
    """Copies rows table by table, those first that others refer to."""

    def __init__(self, source: Connection, store: Connection, tables: Mapping[str, Table]) -> None:
        self.source, self.store, self.tables = source, store, tables
        self.models: dict[str, str] = {}  # id -> place in the archive

    def all_of(self, runs: set[str], experiments: set[str]) -> None:
        numbers = {int(experiment) for experiment in experiments}
        for name in OF_EXPERIMENTS:
            self._where(name, "experiment_id", numbers)
        for name in OF_RUNS:
            self._where(name, "run_uuid", runs)
        logged = self._where(OF_MODELS[0], "source_run_id", runs)
        self.models = {
            row["model_id"]: place_of_model(row["experiment_id"], row["model_id"]) for row in logged
        }
        models = set(self.models)
        for name in OF_MODELS[1:]:
            self._where(name, "model_id", models)
        scores = self._rows("logged_model_metrics", "model_id", models)
        self._insert("logged_model_metrics", [row for row in scores if row["run_id"] in runs])
        linked = self._where("inputs", "destination_id", runs | models)
        self._where("input_tags", "input_uuid", {row["input_uuid"] for row in linked})
        self._registered(runs)

    def _registered(self, runs: set[str]) -> None:
        versions = [
            {**row, "storage_location": f"{ROOT}/{self.models[_model_id(row)]}"}
            for row in self._rows("model_versions", "run_id", runs)
        ]
        names = {row["name"] for row in versions}
        for name in ("registered_models", "registered_model_tags"):
            self._where(name, "name", names)
        self._insert("model_versions", versions)
        versions_there = {(row["name"], row["version"]) for row in versions}
        for name in ("model_version_tags", "registered_model_aliases"):
            rows = self._rows(name, "name", names)
            self._insert(
                name, [row for row in rows if (row["name"], int(row["version"])) in versions_there]
            )

    def _where(self, table: str, column: str, values: Iterable[Any]) -> list[DatabaseRow]:
        rows = self._rows(table, column, values)
        self._insert(table, rows)
        return rows

    def _rows(self, table: str, column: str, values: Iterable[Any]) -> list[DatabaseRow]:
        """Read the rows of which a column has one of some values."""
        source_table = self.tables[table]
        rows: list[DatabaseRow] = []
        for value in sorted(values):  # one by one: databases limit how many may be listed
            selection = self.source.execute(
                select(source_table).where(source_table.c[column] == value)
            )
            rows += [dict(row) for row in selection.mappings()]
        return rows

    def _insert(self, table: str, rows: Sequence[DatabaseRow]) -> None:
        if rows:
            self.store.execute(self.tables[table].insert(), [_placed(table, row) for row in rows])


def _placed(table: str, row: DatabaseRow) -> DatabaseRow:
    """Say of a row's artifacts that they lie in the archive."""
    root = f"{ROOT}/mlruns"
    match table:
        case "experiments":
            return {**row, "artifact_location": f"{root}/{row['experiment_id']}"}
        case "runs":
            place = place_of_run(row["experiment_id"], row["run_uuid"])
            return {**row, "artifact_uri": f"{ROOT}/{place}"}
        case "logged_models":
            place = place_of_model(row["experiment_id"], row["model_id"])
            return {**row, "artifact_location": f"{ROOT}/{place}"}
        case _:
            return row


def _model_id(version: DatabaseRow) -> str:
    return str(version["source"]).removeprefix("models:/")


def place_of_run(experiment: str | int, run_id: str) -> str:
    """Say where the artifacts of a run lie in an archive."""
    return f"mlruns/{experiment}/{run_id}/artifacts"


def place_of_model(experiment: str | int, model_id: str) -> str:
    """Say where the files of a logged model lie in an archive."""
    return f"mlruns/{experiment}/models/{model_id}/artifacts"
