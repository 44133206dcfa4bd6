"""Places of things beside a store, found by all who work on it."""

import mlflow
import pytest

from pipeline.tracking.places import running_folder, shared_folder
from pipeline.tracking.unfinished import unfinished_folder


@pytest.fixture
def at(monkeypatch):
    before = mlflow.get_tracking_uri()
    yield mlflow.set_tracking_uri
    mlflow.set_tracking_uri(before)


def test_beside_a_file_it_is_the_folder_of_the_file(at, tmp_path):
    at(f"sqlite:///{tmp_path}/mlflow.db")
    assert shared_folder() == tmp_path
    assert running_folder() == tmp_path / "running"
    assert unfinished_folder("f" * 64).parent == tmp_path / "unfinished"


def test_for_a_server_it_does_not_depend_on_where_a_command_is_started(at, tmp_path, monkeypatch):
    at("http://host:5000")
    here = unfinished_folder("f" * 64)
    monkeypatch.chdir(tmp_path)
    assert unfinished_folder("f" * 64) == here
    at("http://other:5000")
    assert unfinished_folder("f" * 64) != here


def test_for_a_server_it_is_the_folder_that_all_machines_see_where_one_is_named(
    at, tmp_path, monkeypatch
):
    at("http://host:5000")
    monkeypatch.setenv("STORE_FOLDER", str(tmp_path))
    assert shared_folder().parent == tmp_path
    assert unfinished_folder("f" * 64).is_relative_to(tmp_path)
    assert running_folder().is_dir()
