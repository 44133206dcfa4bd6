"""What a base has no network or no room for is refused before any weight is read."""

from dataclasses import replace

import pytest

from pipeline.errors import TuningError
from pipeline.models.bases import PRETRAINED
from pipeline.tuning.methods import METHODS


@pytest.mark.parametrize("method", ["full", "base", "untrained"])
def test_an_encoder_that_cannot_write_is_refused(start_of, method):
    start, _ = start_of("tiny-gpt2", "summarization", method)
    encoder = replace(start, base_folder=PRETRAINED / "tiny-bert")
    with pytest.raises(TuningError, match=r"expected one that transformers has a network of for"):
        METHODS[method].check(encoder)


def test_a_prompt_leaves_room_for_special_tokens_cue_answer_and_a_token(start_of):
    start, _ = start_of("tiny-gpt2", "summarization", "prompt", 0)
    room = 192 - 24 - 1 - 1  # the context less answer, cue and one token of text
    METHODS["prompt"].check(replace(start, card=replace(start.card, prompt_length=room)))
    longer = replace(start, card=replace(start.card, prompt_length=room + 1))
    with pytest.raises(TuningError, match=rf"prompt_length: expected at most {room},"):
        METHODS["prompt"].check(longer)
