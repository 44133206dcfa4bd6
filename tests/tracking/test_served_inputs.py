"""A registered version takes columns by name and texts that are texts, or refuses in a sentence."""

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from pipeline.tracking.registered_model import _items


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
])  # fmt: skip
def test_what_is_no_text_is_refused_by_column_or_row_with_a_bad_request(content, message):
    with pytest.raises(MlflowException, match=message) as refusal:
        _items(content, takes_texts=True)
    assert refusal.value.get_http_status_code() == 400


def test_pictures_are_passed_on_as_they_are():
    pictures = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    assert _items(pictures, takes_texts=False) is pictures
