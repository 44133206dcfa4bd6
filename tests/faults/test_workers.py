"""A study by two workers is the study of one process, also where one of them is killed."""

import os
import signal
import time

import mlflow
import pytest
import stores
from commands import finish, printed, start, write_study
from servers import postgresql, reason_without, tracking_server

pytest.importorskip("distributed", reason="dask is optional: requirements-dev.txt")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

STUDY = {
    "name": "shared",
    "asks": "Do two workers find what one process finds?",
    "grids": [
        {
            "models": ["tiny-vit"],
            "bases": ["tiny-vit"],
            "tasks": ["digits"],
            "methods": ["base", "full", "vpt-shallow", "bitfit"],
            "brains": ["simulated-pictures"],
            "seeds": [1],
            "tune": {"max_train": 24, "max_eval": 12, "max_steps": 6, "eval_every": 2},
            "align": {"folds": 2, "inner_folds": 2, "trials": 2, "pooling": "class"},
        }
    ],
}
WORKERS = ("--workers", "2")


def client_of(folder, uri=""):
    uri = uri or f"sqlite:///{folder}/mlflow.db"
    mlflow.set_tracking_uri(uri)  # for reading artifacts
    return mlflow.MlflowClient(uri)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Run the study in one process: its results."""
    folder = tmp_path_factory.mktemp("alone")
    assert finish(start(folder, write_study(folder, STUDY))) == 0, printed(folder)
    return stores.results(client_of(folder))


def kill_a_worker(folder):
    """Kill a worker once something is finished and something is under way."""
    client = client_of(folder)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        if (folder / "mlflow.db").exists() and stores.finished(client, "tune"):
            at_work = [run for run in stores.running(client) if run.data.tags["stage"] != "study"]
            if at_work:
                _, victim, _ = at_work[0].data.tags["process"].split()
                os.kill(int(victim), signal.SIGKILL)
                return
        time.sleep(0.2)
    raise AssertionError("nothing was finished in time")


def test_two_workers_find_what_one_process_finds_to_the_last_bit(alone, tmp_path):
    command = (*write_study(tmp_path, STUDY), *WORKERS)
    assert finish(start(tmp_path, command), 400) == 0, printed(tmp_path)
    check_shared_work(client_of(tmp_path), alone)


@pytest.mark.skipif(bool(reason_without()), reason=reason_without() or "-")
def test_two_workers_on_a_server_over_postgresql_find_the_same(alone, tmp_path):
    command = (*write_study(tmp_path, STUDY), *WORKERS)
    with postgresql() as database, tracking_server(tmp_path, database) as address:
        assert finish(start(tmp_path, command, uri=address), 600) == 0, printed(tmp_path)
        check_shared_work(client_of(tmp_path, address), alone)


def check_shared_work(client, alone):
    """Compare a study by two workers with that of one process, and look at who did what."""
    stores.check(client, alone)
    (study,) = stores.finished(client, "study")
    for stage in ("tune", "extract", "align"):
        runs = stores.finished(client, stage)
        assert len(runs) == 5
        parents = {run.data.tags["mlflow.parentRunId"] for run in runs}
        assert parents == {study.info.run_id}
    assert len(stores.finished(client, "reference")) == len(stores.finished(client, "base")) == 1
    assert len({run.data.tags["process"] for run in stores.finished(client, "tune")}) == 2


def test_a_worker_that_is_killed_leaves_no_duplicate_and_the_study_ends_the_same(alone, tmp_path):
    process = start(tmp_path, (*write_study(tmp_path, STUDY), *WORKERS))
    kill_a_worker(tmp_path)
    assert finish(process, 400) == 0, printed(tmp_path)
    stores.check(client_of(tmp_path), alone)
