"""A base without the network, the room or all weights for a task is refused."""

import shutil
from dataclasses import replace

import pytest
from safetensors.torch import load_file, save_file

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


@pytest.mark.parametrize(("base", "task", "layer"), [
    ("tiny-gpt2", "summarization", ".h.1."), ("tiny-vit", "digits", "blocks.1."),
])  # fmt: skip
def test_a_base_without_some_of_its_weights_is_refused(start_of, tmp_path, base, task, layer):
    start, _ = start_of(base, task, "full")
    folder = shutil.copytree(PRETRAINED / base, tmp_path / base)
    weights = load_file(folder / "model.safetensors")
    some = {name: value for name, value in weights.items() if layer not in f".{name}"}
    assert len(some) < len(weights)
    save_file(some, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(TuningError, match=rf"base {base}: expected weights that are all.*again"):
        METHODS["full"].adapt(replace(start, base_folder=folder))
