"""A store that was moved, renamed or copied is used where it now lies."""

import shutil
import sqlite3
from contextlib import closing

import mlflow
import pytest

from pipeline.tracking.databases import prepare_database
from pipeline.tracking.moved_stores import COLUMNS, follow_move
from pipeline.tracking.store import open_store


@pytest.fixture
def small(tmp_path, monkeypatch, whole):
    """Make a store that has a run with an artifact, in a folder whose name needs quoting."""
    before = mlflow.get_tracking_uri()
    folder = tmp_path / "our lab's 1"
    folder.mkdir()
    shutil.copy(whole, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    open_there(folder, monkeypatch)
    with mlflow.start_run() as run:
        mlflow.log_text("scores", "scores.csv")
        model = mlflow.create_external_model("a model")
    mlflow.MlflowClient().create_registered_model("registered")
    mlflow.MlflowClient().create_model_version("registered", f"models:/{model.model_id}")
    yield folder, run.info.run_id
    mlflow.set_tracking_uri(before)


def open_there(folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    open_store()


def places(folder):
    with closing(sqlite3.connect(folder / "mlflow.db")) as store:
        rows = [store.execute(f"SELECT {c} FROM {t}").fetchall() for t, c in COLUMNS]
    return [value for row in rows for (value,) in row if value]


def scores_of(run_id):
    uri = mlflow.get_run(run_id).info.artifact_uri
    return mlflow.artifacts.load_text(f"{uri}/scores.csv")


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_artifacts_are_read_and_written_where_the_store_now_lies(small, tmp_path, monkeypatch, how):
    folder, run_id = small
    other = tmp_path / "elsewhere" / "renamed"
    shutil.copytree(folder, other)
    monkeypatch.chdir(tmp_path)
    if how == "moved":
        shutil.rmtree(folder)
    open_there(other, monkeypatch)
    assert scores_of(run_id) == "scores"
    assert not [place for place in places(other) if str(folder) in place]
    with mlflow.start_run() as run:
        mlflow.log_text("more", "scores.csv")
    assert list((other / "mlruns").rglob(f"{run.info.run_id}/artifacts/scores.csv"))
    assert folder.exists() == (how == "copied")


def test_a_store_that_stays_is_left_as_it_is(small):
    folder, _ = small
    before = (folder / "mlflow.db").read_bytes()
    follow_move(folder / "mlflow.db")
    assert (folder / "mlflow.db").read_bytes() == before


def test_artifacts_that_were_never_beside_the_database_are_left_where_they_are(
    small, tmp_path, monkeypatch
):
    folder, run_id = small
    other = tmp_path / "databases"
    other.mkdir()
    shutil.move(folder / "mlflow.db", other / "mlflow.db")
    (other / "mlruns" / "1").mkdir(parents=True)  # of some other store
    before = places(other)
    open_there(other, monkeypatch)
    assert places(other) == before
    assert scores_of(run_id) == "scores"


def test_a_store_that_was_moved_before_its_first_run_writes_where_it_lies(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    monkeypatch.chdir(first)
    prepare_database(first / "mlflow.db")
    first.rename(second)
    monkeypatch.chdir(second)
    follow_move(second / "mlflow.db")
    assert places(second) == [f"{second}/mlruns/0"]
