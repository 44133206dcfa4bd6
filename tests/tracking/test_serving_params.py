"""A served version answers what it cannot take, params or inputs, with 400 and one sentence."""

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


@pytest.mark.parametrize(("params", "message"), [
    ({"batch_size": 0}, "batch_size: expected at least 1; found 0."),
    ({"tokens_at_once": -3}, "tokens_at_once: expected at least 0; found -3."),
    ({"output": "features", "prompt_room": -2}, "prompt_room: expected at least -1; found -2."),
    ({"output": "features", "prompt_room": 10**6}, "expected a prompt_room below the context of"),
    ({"batch_size": None}, "batch_size: expected a value; found none."),
    ({"pooling": "nonsense"}, "with a pooling of mean, last; found output='task', pooling='non"),
])  # fmt: skip
def test_a_param_out_of_bounds_is_a_bad_request_that_names_it(served, params, message):
    answered = ask(served, params)
    assert answered.status_code == 400
    assert message in answered.json()["message"]
    assert "stack_trace" not in answered.json()


@pytest.mark.parametrize(("body", "message"), [
    ({"inputs": ["a b", 2]}, "row 1: expected a text; found 2."),
    ({"inputs": [None]}, "row 0: expected a text; found None."),
    ({"inputs": [True]}, "row 0: expected a text; found True."),
    ({"inputs": 5}, "row 0: expected a text; found 5."),
    ({"inputs": []}, "no row: expected a text; found none."),
    ({"inputs": [["a", "b"]]}, "row 0: expected a text; found ['a', 'b']."),
    ({"instances": ["a", 1]}, "row 1: expected a text; found 1."),
    ({"instances": [{"text": "a"}, {"text": 1}]}, "row 1: expected a text; found 1."),
    ({"inputs": {"text": ["a"], "id": ["1"]}}, "columns: expected text; found text, id."),
    ({"dataframe_records": [{"text": "a", "note": "b"}]}, "columns: expected text; found text, no"),
    ({"dataframe_records": [{"text": "a", "text_pair": "b"}]}, "found text, text_pair."),
])  # fmt: skip
def test_inputs_that_are_no_texts_or_have_other_columns_are_a_bad_request(served, body, message):
    answered = served.post("/invocations", json=body)
    assert answered.status_code == 400
    assert message in answered.json()["message"]


@pytest.mark.parametrize("body", [
    {"inputs": ["a b"]},
    {"inputs": "a b"},
    {"inputs": {"text": ["a b"]}},
    {"inputs": [{"text": "a b"}]},
    {"instances": [{"text": "a b"}]},
    {"dataframe_split": {"columns": ["text"], "data": [["a b"]]}},
])  # fmt: skip
def test_one_text_has_one_answer_in_whatever_form_it_comes(served, body):
    (expected,) = served.post("/invocations", json={"inputs": ["a b"]}).json()["predictions"]
    answered = served.post("/invocations", json=body)
    assert answered.json()["predictions"] == [expected]


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
