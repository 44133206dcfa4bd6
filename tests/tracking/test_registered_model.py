"""A registered version works where this project is not installed."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
from elsewhere import run_elsewhere
from few_examples import few_examples

from pipeline.data import TASKS

ELSEWHERE = """
import importlib.util, json, sys
assert importlib.util.find_spec("pipeline") is None, "the project must not be importable here"
import mlflow
texts = json.loads(sys.argv[1])
out = {}
models = {uri: mlflow.pyfunc.load_model(uri) for uri in sys.argv[2:]}
for uri, model in models.items():
    features = model.predict(texts, params={"output": "features"})
    out[uri] = {
        "answers": model.predict(texts),
        "shape": list(features.shape),
        "features": features.astype(float).ravel()[:50].tolist(),
    }
print("RESULT" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def texts():
    return list(TASKS["summarization"].load(few_examples(3, 4, seed=1)).test.sources)


@pytest.fixture(scope="module")
def elsewhere(prompt, full, texts, tmp_path_factory):
    """Load two versions in one process that cannot import the project."""
    uris = [f"models:/{prompt.name}@prompt", f"models:/{full.name}@full"]
    folder = tmp_path_factory.mktemp("elsewhere")
    return run_elsewhere(ELSEWHERE, folder, json.dumps(texts), *uris)


@pytest.mark.parametrize("method", ["prompt", "full"])
def test_it_does_the_task_and_returns_features_in_a_process_without_the_project(
    elsewhere, texts, method
):
    uri = f"models:/tiny-gpt2-summarization@{method}"
    here = mlflow.pyfunc.load_model(uri)
    there = elsewhere[uri]
    assert there["answers"] == here.predict(texts)
    assert all(isinstance(answer, str) for answer in there["answers"])
    assert there["shape"] == [len(texts), 5, 128]
    features = here.predict(texts, params={"output": "features"})
    np.testing.assert_allclose(there["features"], features.ravel()[:50], rtol=1e-5)


def test_two_versions_in_one_process_give_each_its_own_result(elsewhere):
    prompt, full = elsewhere.values()
    assert not np.allclose(prompt["features"], full["features"])


def test_pictures_are_classified_and_have_features(vpt):
    model = mlflow.pyfunc.load_model(vpt.uri)
    images = TASKS["digits"].load(few_examples(10, 5, seed=0)).test.images
    assert set(model.predict(images)) <= set("0123456789")
    for pooling in ("mean", "class"):
        params = {"output": "features", "pooling": pooling}
        assert model.predict(images, params=params).shape == (5, 5, 128)


def test_an_unknown_output_is_refused_with_what_there_is(prompt, texts):
    model = mlflow.pyfunc.load_model(prompt.uri)
    with pytest.raises(Exception, match=r"pooling of mean, last; found output='features', pool"):
        model.predict(texts, params={"output": "features", "pooling": "class"})


def test_loading_leaves_nothing_in_the_store(prompt):
    folder = Path(mlflow.artifacts.download_artifacts(prompt.uri))
    mlflow.pyfunc.load_model(prompt.uri)
    assert not list(folder.glob("artifacts/**/*.pyc"))
