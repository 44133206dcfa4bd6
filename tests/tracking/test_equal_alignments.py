"""Alignments of equal features are computed once, and each run holds their whole result."""

import mlflow
import pandas as pd
import pytest

from pipeline.config import AlignConfig
from pipeline.tracking.stages.align import stage
from pipeline.tracking.stages.align.equals import SAME_AS
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.tune.stage import run_tune

QUICK = {"folds": 3, "inner_folds": 2, "trials": 3, "seed": 63}  # of no other file


@pytest.fixture(scope="module")
def first(store, config_of, few_pictures):
    registered = run_tune(config_of("tiny-vit", "digits", "base"))
    return run_align(AlignConfig(model=registered.uri, **few_pictures, **QUICK))


@pytest.fixture(scope="module")
def second_model(store, config_of):
    return run_tune(config_of("tiny-vit", "shapes", "base"))


def test_the_base_is_aligned_once_whatever_task_it_is_registered_for(
    first, second_model, few_pictures, monkeypatch, client
):
    def compute(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(stage, "compute_parts", compute)
    second = run_align(AlignConfig(model=second_model.uri, **few_pictures, **QUICK))
    assert client.get_run(second.run_id).data.tags[SAME_AS] == first.run_id
    for table in ("every_score", "pair_sums", "alphas", "fit_scores", "ceilings"):
        pd.testing.assert_frame_equal(getattr(first, table)(), getattr(second, table)())
    metrics = client.get_run(first.run_id).data.metrics
    assert client.get_run(second.run_id).data.metrics == metrics
    logged = {m.key: m.value for m in mlflow.get_logged_model(second_model.model_id).metrics}
    assert logged["mean/encoding_2v2"] == metrics["mean/encoding_2v2"]


def test_other_settings_are_computed(first, second_model, few_pictures, client):
    other = run_align(AlignConfig(model=second_model.uri, **few_pictures, **{**QUICK, "trials": 2}))
    assert SAME_AS not in client.get_run(other.run_id).data.tags
