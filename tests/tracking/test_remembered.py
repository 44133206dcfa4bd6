"""A command reads a finished run once, and looks again where another one is being finished."""

from functools import partial

import mlflow
import pytest

from pipeline.tracking import runs
from pipeline.tracking.remembered import forget_runs, run_with, runs_remembered
from pipeline.tracking.runs import Stage, finished_runs, once

STAGE = Stage("prepare", "a run to remember", "remembered-once")


@pytest.fixture
def searches(store, monkeypatch):
    """Count what is searched for."""
    made = []
    find = runs.find_runs

    def counted(filter_string):
        made.append(filter_string)
        return find(filter_string)

    monkeypatch.setattr(runs, "find_runs", counted)
    return made


def test_finished_runs_are_read_once_in_a_command_and_anew_in_the_next(searches):
    run_id = once(STAGE, lambda _: None, lambda _: True)
    for _ in range(2):
        searches.clear()
        with runs_remembered():
            for _ in range(3):
                assert [run.info.run_id for run in finished_runs(STAGE.fingerprint)] == [run_id]
            assert run_with(run_id) is finished_runs(STAGE.fingerprint)[0]
        assert len(searches) == 1
    assert run_with(run_id).info.run_id == run_id  # asked of the store


def test_a_run_made_in_place_of_one_that_cannot_be_used_is_found(searches):
    first = once(STAGE, lambda _: None, lambda _: True)
    with runs_remembered():
        second = once(STAGE, lambda _: None, lambda run: run.info.run_id != first)
        assert second != first
        assert finished_runs(STAGE.fingerprint)[0].info.run_id == second


def test_what_is_not_finished_yet_is_looked_for_each_time(searches):
    with runs_remembered():
        assert finished_runs("of no run") == finished_runs("of no run") == []
        assert len(searches) == 2
        with pytest.raises(mlflow.exceptions.MlflowException):
            run_with("deadbeef")


def test_a_run_asked_for_by_its_id_is_read_once_and_one_that_is_not_finished_each_time(
    store, monkeypatch
):
    run_id = once(STAGE, lambda _: None, lambda _: True)
    reads = []
    monkeypatch.setattr(mlflow, "get_run", partial(counted, reads, mlflow.get_run))
    with runs_remembered(), runs_remembered():  # a report within a study
        assert run_with(run_id) is run_with(run_id)
        with mlflow.start_run() as running:
            assert run_with(running.info.run_id) is not run_with(running.info.run_id)
        forget_runs(STAGE.fingerprint)
        run_with(run_id)
    assert [reads.count(run_id), reads.count(running.info.run_id)] == [2, 2]


def counted(reads, read, run_id):
    reads.append(run_id)
    return read(run_id)
