"""Any text becomes a name that MLflow accepts, and no two texts the same one."""

import mlflow.utils.validation as mlflow_rules
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tracking.names import metric_name, original_names, valid_name
from pipeline.tuning.methods import METHODS

HARD = [
    *("", " ", ".", "..", "IFG (orb)", "V1+V2", "Qwen2.5-0.5B", "t5-v1.1", "a:b", "50%", "a@b"),
    *("'quoted'", '"quoted"', "two\nlines", "a/b", "V1_V2-4a55db0c", "x" * 300, " x", "日本"),
]


def accepted_everywhere(name):
    mlflow_rules._validate_model_name(name)
    mlflow_rules._validate_logged_model_name(name)
    mlflow_rules._validate_metric_name(f"encoding_2v2/{name}/{name}")
    mlflow_rules._validate_tag_name(f"{name}/encoding_2v2/{name}")
    return True


@pytest.mark.parametrize("text", HARD)
def test_hard_texts_become_names_that_models_metrics_and_tags_may_have(text):
    assert accepted_everywhere(valid_name(text))


@given(st.text())
def test_any_text_becomes_a_name_that_models_metrics_and_tags_may_have(text):
    assert accepted_everywhere(valid_name(text))


@given(st.text(alphabet="aA1_-+. (", max_size=12), st.text(alphabet="aA1_-+. (", max_size=12))
def test_two_texts_never_share_a_name(first, second):
    assert (valid_name(first) == valid_name(second)) is (first == second)


@given(st.text(max_size=20))
def test_a_name_that_was_made_for_a_text_is_never_that_of_another(text):
    made = valid_name(text)
    assert made == text or valid_name(made) != made


@pytest.mark.parametrize(
    "text", ["tiny-gpt2", "V1", "left IFG", "EarlyVis", "vit_base_patch16_224"]
)
def test_what_is_valid_stays_as_it_is(text):
    assert valid_name(text) == text
    assert original_names([text]) == {}


def test_the_text_is_kept_beside_its_name():
    assert original_names(["V1", "V1+V2"]) == {"name/V1_V2-4a55db0c": "V1+V2"}
    assert metric_name("decoding_2v2", "V1+V2", "01") == "decoding_2v2/V1_V2-4a55db0c/01"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_an_alias(method):
    mlflow_rules._validate_model_alias_name(method)
    mlflow_rules._validate_model_alias_name_reserved(method)
