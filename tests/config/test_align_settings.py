"""Settings of an alignment that cannot be used are refused where they are declared."""

import pytest
from pydantic import ValidationError

from pipeline.config import ComputeConfig, ExtractConfig, ScoreConfig


def test_all_settings_of_scoring_that_cannot_be_used_are_refused_at_once():
    message = r"(?s)5 validation errors.*split.*folds.*trials.*alpha_low.*similarity"
    with pytest.raises(ValidationError, match=message):
        ScoreConfig(split="groupd", similarity="cos", folds=1, trials=0, alpha_low=0.0)


@pytest.mark.parametrize("alpha_low", [0.0, -1.0])
def test_an_alpha_of_zero_is_refused_before_any_kernel_is_made(alpha_low):
    with pytest.raises(ValidationError, match=r"alpha_low\s+Input should be greater than or eq"):
        ScoreConfig(alpha_low=alpha_low)


@pytest.mark.parametrize("alpha_high", [1e-5, 1e-4, float("inf")])
def test_alphas_that_span_no_range_are_refused(alpha_high):
    with pytest.raises(ValidationError, match="alpha_high"):
        ScoreConfig(alpha_low=1e-4, alpha_high=alpha_high)


def test_numbers_of_workers_and_threads_that_cannot_be_are_refused():
    with pytest.raises(ValidationError, match=r"(?s)2 validation errors.*workers.*threads"):
        ComputeConfig(workers=-1, threads=0)


def test_prompt_positions_are_refused_where_one_token_is_taken():
    settings = {"model": "tiny-gpt2", "brain": "b", "prompt_positions": "in"}
    assert ExtractConfig(**settings).pooling == "mean"
    with pytest.raises(ValidationError, match="out with pooling last, which is one token's"):
        ExtractConfig(**settings, pooling="last")
