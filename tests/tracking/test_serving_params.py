"""A served version answers params that it does not know with 400 and one sentence."""

import mlflow
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from mlflow.models import ModelSignature
from mlflow.pyfunc.scoring_server import init
from mlflow.types import ParamSchema, ParamSpec


class Plain(mlflow.pyfunc.PythonModel):
    """A model that is none of this project's."""

    def predict(self, context, model_input, params=None):
        return list(params or {})


@pytest.fixture(scope="module")
def served(prompt):
    return TestClient(init(mlflow.pyfunc.load_model(prompt.uri)))


def ask(client, params):
    return client.post("/invocations", json={"inputs": ["the baker left"], "params": params})


@pytest.mark.parametrize("params", [{"outptu": "features"}, {"poolling": "mean", "output": "task"}])
def test_a_misspelt_param_is_a_bad_request_in_one_sentence(served, params):
    answered = ask(served, params)
    assert answered.status_code == 400
    message = answered.json()["message"]
    assert f"found '{next(iter(params))}'" in message
    assert "expected batch_size, output, pooling" in message
    assert "Traceback" not in message


@pytest.mark.parametrize("params", [{}, {"output": "task", "batch_size": 2}])
def test_params_that_it_knows_are_answered(served, params):
    answered = ask(served, params)
    assert answered.status_code == 200
    (answer,) = answered.json()["predictions"]
    assert isinstance(answer, str)


def test_the_signature_says_what_comes_out(prompt):
    signature = mlflow.models.get_model_info(prompt.uri).signature
    assert [str(kind) for kind in signature.outputs.input_types()] == ["DataType.string"]


def test_other_models_in_the_same_process_are_served_as_before(served, tmp_path):
    signature = ModelSignature(params=ParamSchema([ParamSpec("size", "integer", 1)]))
    mlflow.pyfunc.save_model(
        tmp_path / "plain", python_model=Plain(), signature=signature, pip_requirements=[]
    )
    plain = mlflow.pyfunc.load_model(tmp_path / "plain")
    assert plain.predict(pd.DataFrame({"a": [1]}), params={"szie": 2}) == ["size"]
