"""The run that ``mlflow run`` has opened is that of the stage that was asked for."""

import os

import pytest

from pipeline.config import AlignConfig
from pipeline.tracking.runs import OPENED
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.store import open_store

VPT = ("tiny-vit", "digits", "vpt-shallow")


@pytest.fixture
def opened(store, client, monkeypatch):
    """Open a run as ``mlflow run`` does, for the command that follows."""

    def make():
        run = client.create_run(open_store())
        monkeypatch.setenv(OPENED, run.info.run_id)
        return run.info.run_id

    return make


def test_a_tuning_takes_the_run_and_its_reused_base_does_not(opened, config_of, client, vpt):
    run_id = opened()
    tuned = run_tune(config_of(*VPT, seed=51, learning_rate=1e-2, max_steps=2))
    assert tuned.run_id == run_id
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["stage"] == "tune"
    assert "reuses" not in run.data.tags
    assert OPENED not in os.environ


def test_an_alignment_takes_the_run_and_what_it_needs_has_runs_of_its_own(
    opened, client, vpt, few_pictures
):
    run_id = opened()
    quick = {"folds": 2, "inner_folds": 2, "trials": 1, "seed": 51, "nuisance": False}
    settings = {"model": vpt.uri, **few_pictures, **quick}
    aligned = run_align(AlignConfig.model_validate(settings))
    assert aligned.run_id == run_id
    assert client.get_run(run_id).data.tags["stage"] == "align"
    assert client.get_run(aligned.extract_run).data.tags["stage"] == "extract"


def test_a_stage_that_is_reused_says_so_in_the_run(opened, config_of, client):
    config = config_of(*VPT, seed=52, learning_rate=1e-2, max_steps=2)
    first = run_tune(config)
    run_id = opened()
    assert run_tune(config).run_id == first.run_id
    run = client.get_run(run_id)
    assert run.data.tags["reuses"] == first.run_id
    assert run.data.tags["stage"] == "tune"
