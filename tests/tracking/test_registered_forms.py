"""Versions of every form of task work as registered, in a process without the project."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from elsewhere import run_elsewhere
from mlflow.exceptions import MlflowException
from peft import LoraConfig, get_peft_model

from pipeline.models.bases import Base
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.logged_models import log_model
from pipeline.tuning.forms import FORMS

PAIRS = [["who mends the net ?", "a sailor mends the old net on the pier ."]]
TEXTS = [["the baker kneads the dough"], ["a sailor mends"]]
CASES = {
    "generation": ("t5", TEXTS),
    "classification": ("tiny-bert", [*PAIRS, ["the baker kneads", None]]),
    "tagging": ("roberta", TEXTS),
    "spans": ("gpt2", PAIRS),
    "spans-or-none": ("tiny-bert", PAIRS),
    "cloze": ("tiny-bert", TEXTS),
}
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
    out[uri] = [model.predict(table), features.sum(axis=(1, 2)).tolist(), list(alone.shape)]
print("RESULT" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def logged(store, architecture, text_model):
    """Log a LoRA of each form (a whole model for generation) and keep its base in the store."""
    made = {}
    for form, (kind, rows) in CASES.items():
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
def elsewhere(logged, tmp_path_factory):
    requests = [(uri, rows) for uri, (_, _, rows, _) in logged.items()]
    return run_elsewhere(ELSEWHERE, tmp_path_factory.mktemp("elsewhere"), json.dumps(requests))


def test_every_form_answers_and_has_features_elsewhere_as_here(logged, elsewhere):
    for uri, (form, model, rows, _) in logged.items():
        answers, sums, shape = elsewhere[uri]
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
