"""wise-ft registers a version for each alpha, between the base and the version tuned by full."""

import numpy as np
import pytest

from pipeline.tracking.registry import resolve
from pipeline.tracking.stages.interpolate import run_method
from pipeline.tuning.methods.wise_ft import ALPHAS


@pytest.fixture(scope="module")
def made(full, config_of):
    return run_method(config_of("tiny-gpt2", "summarization", "wise-ft"))


@pytest.fixture
def versions(made, client):
    found = client.search_model_versions(f"name = '{made.name}'")
    return {v.tags["alpha"]: v for v in found if v.tags["method"] == "wise-ft"}


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


def test_what_was_made_before_is_reused(made, versions, config_of, client):
    again = run_method(config_of("tiny-gpt2", "summarization", "wise-ft"))
    assert again == made
    found = client.search_model_versions(f"name = '{made.name}'")
    assert sum(v.tags["method"] == "wise-ft" for v in found) == len(ALPHAS)
