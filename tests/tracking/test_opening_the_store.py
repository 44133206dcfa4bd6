"""A store that cannot be opened is refused at once, in one message; one half made is made again."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import mlflow
import pytest

from pipeline.errors import RegistryError
from pipeline.tracking import databases
from pipeline.tracking.databases import prepare_database
from pipeline.tracking.places import database_of
from pipeline.tracking.store import open_store

EXPECTED = r"MLFLOW_TRACKING_URI: expected an MLflow store that can be opened; found "


@pytest.fixture
def open_at(monkeypatch):
    """Open a store at a path or an address; that of the other tests is in use again afterwards."""
    before = mlflow.get_tracking_uri()

    def make(place):
        uri = str(place) if "://" in str(place) else f"sqlite:///{place}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        return open_store()

    yield make
    mlflow.set_tracking_uri(before)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(databases, "SECONDS_OF_SILENCE", 0.0)


@pytest.mark.parametrize(
    ("place", "finding"),
    [
        ("file/mlflow.db", "no folder '.*file'"),
        ("missing/mlflow.db", "no folder '.*missing'.*Make the folder"),
        ("directory", "a folder '.*directory'"),
        ("notes.txt", "a file of something else"),
        ("other.db", "a file of something else"),
        ("pipe", "pipe', which is no file"),
        ("torn.db", "torn.db.*(malformed|not a database)"),
    ],
)
def test_what_is_no_store_is_refused_within_a_second_and_left_as_it_is(
    tmp_path, open_at, place, finding
):
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "notes.txt").write_text("to do: tidy up")
    (tmp_path / "torn.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE recipes (name)")
        other.commit()
    before = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    start = time.monotonic()
    with pytest.raises(RegistryError, match=f"{EXPECTED}.*{finding}"):
        open_at(tmp_path / place)
    assert time.monotonic() - start < 1
    assert (
        before.items()
        <= {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}.items()
    )


def test_a_store_that_another_version_of_mlflow_made_is_refused_with_what_helps(
    tmp_path, open_at, whole
):
    shutil.copy(whole, tmp_path / "newer.db")
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer, newer:
        newer.execute("INSERT INTO experiments (name, experiment_id) VALUES ('theirs', 7)")
        newer.execute("UPDATE alembic_version SET version_num = 'deadbeef'")
    with pytest.raises(
        RegistryError, match=r"tables of another version of MLflow .*Use the MLflow that"
    ):
        open_at(tmp_path / "newer.db")


def test_a_password_is_not_said(open_at):
    with pytest.raises(RegistryError, match=r"nosuch://ann:\*\*\*@host") as refusal:
        open_at("nosuch://ann:secret@host/mlflow")
    assert "secret" not in str(refusal.value)


def test_a_store_that_can_be_read_only_is_refused(tmp_path, open_at, monkeypatch, whole):
    shutil.copy(whole, tmp_path / "mlflow.db")
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)  # root may write anywhere
    with pytest.raises(RegistryError, match="it can be read only"):
        open_at(tmp_path / "mlflow.db")


def half_made(path, whole, n_tables):
    """Make a file as a process leaves it that was killed after it had made some tables."""
    with closing(sqlite3.connect(whole)) as source, closing(sqlite3.connect(path)) as target:
        rows = source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        made = sorted((name != "experiments", sql) for name, sql in rows if "sqlite_" not in name)
        for _, sql in made[:n_tables]:
            target.execute(sql)
        target.commit()


SLOW = [pytest.param(n, marks=pytest.mark.slow) for n in (0, 1, 1000)]


@pytest.mark.parametrize("n_tables", [5, *SLOW])
def test_a_store_whose_making_was_broken_off_is_made_again(tmp_path, open_at, whole, n_tables):
    path = tmp_path / "mlflow.db"
    path.touch()
    half_made(path, whole, n_tables)
    assert open_at(path)
    with mlflow.start_run() as run:
        mlflow.log_param("works", True)
    assert mlflow.get_run(run.info.run_id).data.params == {"works": "True"}
    left = {item.name for item in tmp_path.iterdir()}
    assert left == {"mlflow.db", "mlflow.db.lock", "running"}


def test_a_store_that_holds_an_experiment_is_never_made_again(tmp_path, whole):
    path = tmp_path / "mlflow.db"
    shutil.copy(whole, path)
    with closing(sqlite3.connect(path)) as store:
        store.execute("DROP TABLE logged_model_tags")  # as of an older MLflow
        store.commit()
    before = path.read_bytes()
    prepare_database(path)
    assert path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.0, 3.0])
def test_a_process_killed_while_it_makes_a_store_leaves_one_that_opens(tmp_path, open_at, seconds):
    code = "from pipeline.tracking import store; print('ready', flush=True); store.open_store()"
    path = tmp_path / "mlflow.db"
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{path}"}
    maker = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    maker.stdout.readline()
    time.sleep(seconds)
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    assert open_at(path)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("sqlite:///mlflow.db", "mlflow.db"),
        ("sqlite:////data/our lab/mlflow.db", "/data/our lab/mlflow.db"),
        ("sqlite://", "None"),
        ("http://127.0.0.1:5000", "None"),
        ("postgresql://localhost/mlflow", "None"),
    ],
)
def test_only_an_sqlite_store_is_a_file_on_this_machine(uri, path):
    assert str(database_of(uri)) == path
