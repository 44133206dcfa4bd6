"""A store that cannot be opened or written is said in one message."""

import os

import mlflow
import pytest

from pipeline.errors import RegistryError
from pipeline.tracking.store import open_store

CANNOT = (
    r"MLFLOW_TRACKING_URI: expected an MLflow store that can be opened; found 'sqlite:///.*Unset"
)


@pytest.fixture
def open_at(monkeypatch):
    """Open a store at a path; the one of the other tests is in use again afterwards."""
    before = mlflow.get_tracking_uri()

    def make(path):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        return open_store()

    yield make
    mlflow.set_tracking_uri(before)


@pytest.mark.parametrize("place", ["file/mlflow.db", "directory"])
def test_a_store_that_cannot_be_made_is_refused(tmp_path, open_at, place):
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    with pytest.raises(RegistryError, match=CANNOT):
        open_at(tmp_path / place)


def test_a_store_that_can_be_read_only_is_refused(tmp_path, open_at, monkeypatch):
    (tmp_path / "mlflow.db").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to any file
    with pytest.raises(RegistryError, match="it can be read only"):
        open_at(tmp_path / "mlflow.db")
