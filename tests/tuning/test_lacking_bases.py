"""A base without the network, the room or all weights for a task is refused."""

import json
import shutil
from dataclasses import replace

import pytest
from safetensors.torch import load_file, save_file
from starts import start_for
from transformers import AutoModel, AutoTokenizer

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


def without_head(folder, target, tied):
    """Save the body of a base alone."""
    body = AutoModel.from_pretrained(folder)
    body.config.tie_word_embeddings = tied
    body.save_pretrained(target)
    settings = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({**settings, "tie_word_embeddings": tied}))
    AutoTokenizer.from_pretrained(folder).save_pretrained(target)
    return target


@pytest.mark.parametrize(("base", "form"), [
    ("llama", "generation"), ("t5", "generation"), ("llama", "cloze"), ("tiny-bert", "cloze"),
])  # fmt: skip
def test_a_base_saved_without_the_head_that_names_words_is_refused(
    architecture, tmp_path, base, form
):
    folder = without_head(architecture(base), tmp_path, tied=base == "tiny-bert")
    start = start_for("base", base, form, folder=folder)
    message = rf"base {base}: expected the head of .* that names words.*save the base with it"
    with pytest.raises(TuningError, match=message):
        METHODS["base"].adapt(start)


@pytest.mark.parametrize("base", ["gpt2", "llama", "t5", "bart"])
def test_a_head_that_is_the_embedding_needs_no_weights_of_its_own(architecture, tmp_path, base):
    folder = without_head(architecture(base), tmp_path, tied=True)
    start = start_for("base", base, "generation", folder=folder)
    network = METHODS["base"].adapt(start).network
    assert network.get_output_embeddings().weight is network.get_input_embeddings().weight
