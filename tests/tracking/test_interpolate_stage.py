"""wise-ft registers a version for each alpha, between the base and the version tuned by full."""

import numpy as np
import pytest

from pipeline.errors import TuningError
from pipeline.tracking.registered import resolve, versions_of
from pipeline.tracking.stages.tune.interpolate import check_devices, run_method

ALPHAS = (0.0, 0.5, 1.0)  # fewer than the method's own


@pytest.fixture(autouse=True, scope="module")
def _few_alphas():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.tracking.stages.tune.interpolate.ALPHAS", ALPHAS)
        yield


@pytest.fixture(scope="module")
def made(full, config_of):
    return run_method(config_of("tiny-gpt2", "summarization", "wise-ft"))


@pytest.fixture
def versions(made):
    every = versions_of(made.name)
    return {v.tags["alpha"]: v for v in every if v.tags["method"] == "wise-ft"}


def test_every_alpha_is_a_version_between_base_and_full(versions, full):
    assert sorted(map(float, versions)) == pytest.approx(list(ALPHAS))
    assert {v.tags["interpolates"] for v in versions.values()} == {full.uri}
    assert {v.tags["trainable_parameters"] for v in versions.values()} == {"0"}
    assert float(versions["1"].tags["task/bertscore_f1"]) == pytest.approx(
        float(full.tags["task/bertscore_f1"]), abs=1e-4
    )


def test_the_alias_points_at_the_best_alpha_by_validation(made, versions):
    scores = [float(v.tags["validation_score"]) for v in versions.values()]
    assert float(made.tags["validation_score"]) == max(scores)
    assert resolve(f"models:/{made.name}@wise-ft") == made


def test_each_version_has_a_run_with_its_alpha(versions, client):
    for alpha, version in versions.items():
        run = client.get_run(version.run_id)
        assert run.info.status == "FINISHED"
        assert run.data.params["alpha"] == str(float(alpha))
        assert run.data.tags["method"] == "wise-ft"


def test_the_ends_are_the_base_and_the_full_version(versions, full):
    import mlflow

    texts = ["the baker kneads the dough .", "the sailor mends a net ."]

    def features(uri):
        return mlflow.pyfunc.load_model(uri).predict(texts, params={"output": "features"})

    name = full.name
    top = features(f"models:/{name}/{versions['1'].version}")
    np.testing.assert_allclose(top, features(full.uri), atol=1e-6)
    middle = features(f"models:/{name}/{versions['0.5'].version}")
    assert np.abs(middle - top).max() > 1e-4


def test_what_was_made_before_is_reused(made, versions, config_of):
    again = run_method(config_of("tiny-gpt2", "summarization", "wise-ft"))
    assert again == made
    assert sum(v.tags["method"] == "wise-ft" for v in versions_of(made.name)) == len(ALPHAS)


def test_every_seed_gets_a_version_of_its_own(made, config_of, monkeypatch):
    monkeypatch.setattr("pipeline.tracking.stages.tune.interpolate.ALPHAS", (0.5,))
    settings = {"max_steps": 2, "seed": 1}
    other = run_method(config_of("tiny-gpt2", "summarization", "wise-ft", **settings))
    assert (made.tags["seed"], other.tags["seed"]) == ("0", "1")
    again = run_method(config_of("tiny-gpt2", "summarization", "wise-ft", **settings))
    assert again == other


def test_a_full_version_of_other_data_is_not_interpolated_towards(made, config_of, monkeypatch):
    monkeypatch.setattr("pipeline.tracking.stages.tune.interpolate.ALPHAS", (0.5,))
    settings = {"max_steps": 2, "max_train": 40}
    other = run_method(config_of("tiny-gpt2", "summarization", "wise-ft", **settings))
    towards = resolve(other.tags["interpolates"])
    assert towards.tags["data_digest"] == other.tags["data_digest"] != made.tags["data_digest"]
    assert towards.uri != made.tags["interpolates"]


def test_several_processes_are_refused(config_of, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TuningError, match=r"wise-ft': expected one process; found 2.*method=full"):
        check_devices(config_of("tiny-gpt2", "summarization", "wise-ft"))
    check_devices(config_of("tiny-gpt2", "summarization", "full"))
