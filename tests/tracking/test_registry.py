"""Versions of one registered model: their tags, and which of them an alias points at."""

import mlflow
import pytest

from pipeline.tracking.registered import DETAILS, resolve, versions_with
from pipeline.tracking.registry import FOR_PEOPLE, MEASURE, add_brain_scores, is_undamaged, register
from pipeline.tracking.store import DEFAULT_EXPERIMENT, KIND, MODEL_TRAINING


@pytest.fixture
def version_of(prompt, request, client):
    """Register the session's tuned model once more, under a name of the test's own."""
    name = request.node.originalname

    def make(score, measure="the whole", **further):
        tags = {**prompt.tags, "validation_score": str(score), MEASURE: measure, **further}
        return register(f"models:/{prompt.model_id}", name, tags, "")

    yield make
    client.delete_registered_model(name)


def holder(version):
    return resolve(f"models:/{version.name}@prompt").version


def test_the_files_of_a_version_are_found_without_its_scores_again(prompt, monkeypatch):
    """MLflow reads every score of a model with its place, and one model has many scores."""

    def refuse(_):
        raise AssertionError("looked up again")

    assert is_undamaged(prompt)
    monkeypatch.setattr(mlflow, "get_logged_model", refuse)
    assert is_undamaged(prompt)


def test_the_alias_moves_to_a_better_score_on_the_same_data(version_of):
    first = version_of(0.5)
    assert holder(first) == first.version
    better = version_of(0.6)
    assert holder(first) == better.version
    version_of(0.55)
    assert holder(first) == better.version


def test_the_alias_stays_where_data_differ_and_that_is_said(version_of, caplog):
    first = version_of(0.5)
    other = version_of(0.9, measure="four rows of it")
    assert holder(first) == first.version
    assert f"@prompt stays version {first.version}: version {other.version} was" in caplog.text
    best = version_of(0.7)
    assert holder(first) == best.version


def test_a_person_reads_at_most_eight_tags_of_a_version(version_of):
    version = version_of(0.5, alpha="0.5")
    add_brain_scores(version, "simulated-text", {"encoding_2v2/dmn": 0.71234}, "a run")
    own = mlflow.MlflowClient().get_model_version(version.name, version.version).tags
    assert own.keys() - {DETAILS} <= FOR_PEOPLE
    assert len(FOR_PEOPLE) <= 8
    assert own["task_score"].startswith("bertscore_f1 ")
    assert own["brain_scores"] == "simulated-text: encoding dmn 0.7123"
    assert versions_with(version.name, {"alpha": "0.5", "method": "prompt"})


def test_scores_with_several_brain_datasets_stay_beside_each_other(version_of):
    version = version_of(0.5)
    add_brain_scores(version, "one", {"encoding_2v2/dmn": 0.6}, "a run")
    add_brain_scores(version, "two", {"encoding_2v2/dmn": 0.7}, "a run")
    add_brain_scores(version, "one", {"encoding_2v2/dmn": 0.8}, "a run")
    tags = resolve(version.uri).tags
    assert (tags["one/encoding_2v2/dmn"], tags["two/encoding_2v2/dmn"]) == ("0.8000", "0.7000")
    assert sorted(tags["brain_scores"].splitlines()) == [
        "one: encoding dmn 0.8000",
        "two: encoding dmn 0.7000",
    ]


def test_versions_of_older_stores_have_every_tag_as_one_of_their_own(version_of):
    version, client = version_of(0.5), mlflow.MlflowClient()
    for key, value in version.tags.items():
        client.set_model_version_tag(version.name, version.version, key, value)
    client.delete_model_version_tag(version.name, version.version, DETAILS)
    assert resolve(version.uri) == version
    better = version_of(0.6)
    assert holder(version) == better.version


def test_the_experiment_opens_as_one_of_model_training(store):
    experiment = mlflow.get_experiment_by_name(DEFAULT_EXPERIMENT)
    assert experiment.tags[KIND] == MODEL_TRAINING
