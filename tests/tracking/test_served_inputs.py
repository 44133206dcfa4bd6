"""A registered version takes columns by name and texts that are texts, or refuses in a sentence."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.types import ColSpec, Schema, TensorSpec
from mlflow.utils.proto_json_utils import parse_tf_serving_input

from pipeline.tracking.registered_model import COLUMNS, DEFAULTS, _items

PAIRS = Schema([ColSpec("string", COLUMNS[0]), ColSpec("string", COLUMNS[1], required=False)])
PICTURES = Schema([TensorSpec(np.dtype("uint8"), (-1, -1, -1, 3))])
PARAMS = mlflow.types.ParamSchema(
    [
        mlflow.types.ParamSpec(name, "string" if isinstance(value, str) else "integer", value)
        for name, value in DEFAULTS.items()
    ]
)


def served(body, schema):
    """Give what a model with a schema is asked when a server is."""
    content = parse_tf_serving_input(body, schema)
    return mlflow.pyfunc._validate_prediction_input(content, {}, schema, PARAMS)[0]


@pytest.mark.parametrize("content", [
    pd.DataFrame({"text": ["a b", "c"]}),
    pd.DataFrame({"other": [1, 2], "text": ["a b", "c"]})[["text"]],
    pd.DataFrame({0: ["a b", "c"]}),
    ["a b", "c"],
    np.array(["a b", "c"], dtype=object),
])  # fmt: skip
def test_texts_are_read_from_lists_and_from_the_column_of_that_name(content):
    assert _items(content, takes_texts=True) == ["a b", "c"]


def test_the_order_of_columns_does_not_matter_and_a_missing_second_text_is_none():
    table = pd.DataFrame({"text_pair": ["p", None], "text": ["a", "b"]})
    assert _items(table, takes_texts=True) == [("a", "p"), "b"]


@pytest.mark.parametrize(("content", "message"), [
    (pd.DataFrame({"txt": ["a"]}), r"columns: expected text, .*; found txt\."),
    (pd.DataFrame({"id": ["1"], "text": ["a"]}), r"columns: expected text, .*; found id, text\."),
    (pd.DataFrame({"text_pair": ["a"]}), r"columns: expected text, .*; found text_pair\."),
    (pd.DataFrame({"text": ["a", None, "c", np.nan]}), r"row 1, 3: expected a text; found nan"),
    (pd.DataFrame({"text": []}), r"no row: expected a text; found none"),
    ([1, 2], r"row 0, 1: expected a text; found 1\."),
    (["a", ""], r"row 1: expected a text; found ''\."),
    (["a", " "], r"row 1: expected a text; found ' '\."),
    (["a\ud800"], r"row 0: expected a text; found 'a.ud800'\."),
    (["\x00", "\u200b", "\n"], r"row 0, 1, 2: expected a text; found '.x00'\."),
])  # fmt: skip
def test_what_is_no_text_is_refused_by_column_or_row_with_a_bad_request(content, message):
    with pytest.raises(MlflowException, match=message) as refusal:
        _items(content, takes_texts=True)
    assert refusal.value.get_http_status_code() == 400


def test_pictures_are_passed_on_as_they_are():
    pictures = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    assert _items(pictures, takes_texts=False) is pictures


def test_a_missing_second_text_is_served_as_none_not_as_a_word():
    table = served({"inputs": {"text": ["a", "b"], "text_pair": ["p", None]}}, PAIRS)
    assert _items(table, takes_texts=True) == [("a", "p"), "b"]


@pytest.mark.parametrize(("inputs", "message"), [
    ({"text": ["a"], "text_par": ["b"]}, r"columns: expected text, and text_pair .*found text, te"),
    ({"txt": ["a"]}, r"columns: expected text, .*; found txt\."),
    ([{"text": "a", "text_pair": "b", "id": "c"}], r"found text, text_pair, id\."),
])  # fmt: skip
def test_misspelt_columns_of_pairs_are_refused_and_not_left_out(inputs, message):
    with pytest.raises(MlflowException, match=message):
        served({"inputs": inputs}, PAIRS)


@pytest.mark.parametrize(("pixel", "message"), [
    (0.5, r"from 0 to 255 .*; found float64 numbers\."),
    (255.0, r"found float64 numbers\."),
    (256, r"found 256 to 256\."),
    (-1, r"found -1 to -1\."),
    (None, r"found something else\."),
    ("7", r"found something else\."),
    (True, r"found something else\."),
])  # fmt: skip
def test_pixels_that_are_no_bytes_are_refused_and_not_cut_to_some(pixel, message):
    with pytest.raises(MlflowException, match=message):
        served({"inputs": [[[[pixel] * 3]]]}, PICTURES)


def test_whole_pixels_are_served_as_bytes():
    pictures = served({"inputs": [[[[0, 7, 255]]]]}, PICTURES)
    np.testing.assert_array_equal(pictures, np.array([[[[0, 7, 255]]]], dtype=np.uint8))
    assert pictures.dtype == np.uint8
