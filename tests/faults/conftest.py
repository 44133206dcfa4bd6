"""A store of its own for the tests that break things."""

import sys
from pathlib import Path

import mlflow
import pytest
from faults.stores import opened

#: Where the small sound data sets are written that are spoilt here.
sys.path += [str(Path(__file__).parents[1] / room) for room in ("brains", "data")]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """Open an empty store, in a directory of its own."""
    with opened(tmp_path_factory.mktemp("store")) as folder:
        yield folder


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Leave the store that other tests use in use, and let commands be quiet and slim."""
    before = mlflow.get_tracking_uri()
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    mlflow.set_tracking_uri(before)
