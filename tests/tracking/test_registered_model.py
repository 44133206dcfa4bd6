"""A registered version works where this project is not installed, whatever its form of task."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from elsewhere import run_elsewhere
from few_examples import few_examples
from mlflow.exceptions import MlflowException
from peft import LoraConfig, get_peft_model

from pipeline.data import TASKS
from pipeline.models.bases import Base
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.logged_models import log_model
from pipeline.tuning.forms import FORMS

PAIRS = [["who mends the net ?", "a sailor mends the old net on the pier ."]]
TEXTS = [["the baker kneads the dough"], ["a sailor mends"]]
#: The first is one whose configuration needs torchvision, as that of no other does.
CASES = (
    ("generation", "llama", TEXTS),
    ("generation", "t5", TEXTS),
    ("classification", "tiny-bert", [*PAIRS, ["the baker kneads", None]]),
    ("tagging", "roberta", TEXTS),
    ("spans", "gpt2", PAIRS),
    ("spans-or-none", "tiny-bert", PAIRS),
    ("cloze", "tiny-bert", TEXTS),
)
ELSEWHERE = """
import importlib.util, json, sys
assert importlib.util.find_spec("pipeline") is None, "the project must not be importable here"
import mlflow, pandas as pd
out = {}
for uri, rows in json.loads(sys.argv[1]):
    model = mlflow.pyfunc.load_model(uri)
    table = pd.DataFrame(rows, columns=["text", "text_pair"][: len(rows[0])])
    features = model.predict(table, params={"output": "features"})
    alone = model.predict(table[["text"]], params={"output": "features"})
    sums = features.sum(axis=(1, 2)).tolist()
    first = features.astype(float).ravel()[:50].tolist()
    out[uri] = [model.predict(table), sums, list(alone.shape), first]
print("RESULT" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def logged(store, architecture, text_model):
    """Log a LoRA of each form (a whole model for generation) and keep its base in the store."""
    made = {}
    for form, kind, rows in CASES:
        card, put_in = {"storage": "whole"}, None
        if form != "generation":
            config = LoraConfig(task_type=FORMS["text", form].peft_type or None, r=2)
            card = {"storage": "part", "insertion": "peft"}
            put_in = lambda network, config=config: get_peft_model(network, config)  # noqa: E731
        model = text_model(kind, form, put_in, **card)
        torch.manual_seed(3)
        with torch.no_grad():
            for parameter in model.network.parameters():
                if parameter.requires_grad:
                    parameter.add_(0.1 * torch.randn_like(parameter))
        folder = architecture(kind)
        base_uri = keep_base(Base(kind, "text", kind, lambda folder=folder: folder), folder)
        with mlflow.start_run():
            logged = log_model(model, base_uri)
        made[logged.uri] = (form, model, rows, logged.bytes_stored)
    return made


@pytest.fixture(scope="module")
def texts():
    return list(TASKS["summarization"].load(few_examples(3, 4, seed=1)).test.sources)


@pytest.fixture(scope="module")
def tuned(prompt, full):
    """Name two versions of one model by their aliases."""
    return f"models:/{prompt.name}@prompt", f"models:/{full.name}@full"


@pytest.fixture(scope="module")
def elsewhere(logged, tuned, texts, tmp_path_factory):
    """Load all in one process that cannot import the project."""
    requests = [(uri, rows) for uri, (_, _, rows, _) in logged.items()]
    requests += [(uri, [[text] for text in texts]) for uri in tuned]
    return run_elsewhere(ELSEWHERE, tmp_path_factory.mktemp("elsewhere"), json.dumps(requests))


@pytest.mark.parametrize("number", [0, 1], ids=["prompt", "full"])
def test_it_does_the_task_and_returns_features_in_a_process_without_the_project(
    elsewhere, tuned, texts, number
):
    here = mlflow.pyfunc.load_model(tuned[number])
    answers, _, shape, first = elsewhere[tuned[number]]
    assert answers == here.predict(texts)
    assert all(isinstance(answer, str) for answer in answers)
    assert shape == [len(texts), 5, 128]
    features = here.predict(texts, params={"output": "features"})
    np.testing.assert_allclose(first, features.ravel()[:50], rtol=1e-5)


def test_two_versions_in_one_process_give_each_its_own_result(elsewhere, tuned):
    (*_, prompt), (*_, full) = (elsewhere[uri] for uri in tuned)
    assert not np.allclose(prompt, full)


def test_every_form_answers_and_has_features_elsewhere_as_here(logged, elsewhere):
    for uri, (form, model, rows, _) in logged.items():
        answers, sums, shape, _ = elsewhere[uri]
        items = [tuple(row) if len(row) == 2 and row[1] else row[0] for row in rows]
        assert answers == model.perform(items), form
        np.testing.assert_allclose(sums, model.features(items).sum(axis=(1, 2)), rtol=1e-4)
        assert shape[0] == len(rows)


def test_an_adapter_is_stored_without_its_base(logged):
    for form, model, _, stored in logged.values():
        weights = sum(4 * p.numel() for p in model.network.parameters())
        moved = sum(4 * p.numel() for p in model.network.parameters() if p.requires_grad)
        if form != "generation":
            assert moved < stored < weights + 40_000


def test_a_question_without_a_text_is_refused(logged):
    uri = next(uri for uri, (form, *_) in logged.items() if form == "spans")
    model = mlflow.pyfunc.load_model(uri)
    with pytest.raises(MlflowException, match="a question and a text for each answer"):
        model.predict(pd.DataFrame({"text": ["who ?"]}))


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
