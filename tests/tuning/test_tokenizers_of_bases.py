"""A tokenizer that lacks a token, or has more than its base, is refused where that matters."""

import shutil

import numpy as np
import pytest
import torch
from architectures import make_architecture
from starts import SENTENCES, start_for
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from pipeline.errors import TuningError
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.loading import load_untouched
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.text_networks import load_text_network, load_tokenizer
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores.minimal_pairs import names_words

CARD = Card("b", "", "text", "none", "base", "nothing", "features")
WITH_HEAD = Card("b", "", "text", "t", "base", "nothing", "regime-brain")


def with_tokenizer(base, target, change=None, **names):
    """Copy a base, whose tokenizer names no special tokens but these."""
    folder = shutil.copytree(PRETRAINED / base, target / base)
    whole = AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer_config.json").unlink()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=whole.backend_tokenizer, **names)
    if change:
        change(tokenizer)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def nameless(tmp_path_factory):
    """Both bases of the repository, with tokenizers that name no special token."""
    folder = tmp_path_factory.mktemp("nameless")
    return {base: with_tokenizer(base, folder) for base in ("tiny-gpt2", "tiny-bert")}


@pytest.mark.parametrize(("base", "form", "lacking"), [
    ("tiny-gpt2", "generation", "eos_token, which generation needs"),
    ("tiny-gpt2", "spans", "eos_token, to stand between two texts"),
    ("tiny-bert", "cloze", "mask_token, which cloze needs"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["base", "full", "prompt"])
def test_a_special_token_that_a_task_needs_is_named(nameless, base, form, lacking, method):
    start = start_for(method, base, form, folder=nameless[base])
    with pytest.raises(TuningError, match=rf"{base}: tokenizer: expected the special.*{lacking}"):
        METHODS[method].check(start)


@pytest.mark.parametrize(("base", "form"), [
    ("tiny-gpt2", "classification"), ("tiny-gpt2", "tagging"), ("tiny-gpt2", "cloze"),
    ("tiny-bert", "classification"), ("tiny-bert", "spans"),
])  # fmt: skip
def test_padding_needs_no_token_of_its_own(nameless, base, form):
    models = [
        METHODS["base"].adapt(start_for("base", base, form, folder=folder))
        for folder in (nameless[base], PRETRAINED / base)
    ]
    items = [("who ?", text) for text in SENTENCES] if form == "spans" else SENTENCES
    assert models[0].perform(items) == [models[0].perform([item])[0] for item in items]
    features = [model.features(SENTENCES) for model in models]
    np.testing.assert_allclose(*features, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("base", ["tiny-gpt2", "tiny-bert"])
def test_a_model_without_a_token_to_ask_by_is_not_scored_on_minimal_pairs(nameless, base):
    network = load_text_network(PRETRAINED / base, WITH_HEAD)
    named, nameless_model = (
        TextModel(network, load_tokenizer(folder), WITH_HEAD)
        for folder in (PRETRAINED / base, nameless[base])
    )
    assert names_words(named)
    assert not names_words(nameless_model)


@pytest.mark.parametrize("method", ["base", "full", "untrained"])
def test_a_token_without_a_row_in_the_embedding_is_refused(tmp_path, method):
    folder = make_architecture("bert", tmp_path, {"vocab_size": 330})
    n_tokens = len(AutoTokenizer.from_pretrained(folder))
    assert n_tokens > 330
    start = start_for(method, "bert", "classification", folder=folder)
    with pytest.raises(TuningError, match=rf"base bert: expected.* {n_tokens} rows.*one of 330"):
        METHODS[method].adapt(start)


def test_no_prompt_starts_from_a_token_without_a_row(tmp_path):
    def add_many(tokenizer):
        tokenizer.add_tokens([f"<|{n}|>" for n in range(2000)], special_tokens=True)

    folder = with_tokenizer("tiny-gpt2", tmp_path, add_many, eos_token="<|endoftext|>")
    prompts = []
    for base in (folder, PRETRAINED / "tiny-gpt2"):
        torch.manual_seed(0)
        start = start_for("prompt", "tiny-gpt2", "classification", 100, folder=base)
        prompts.append(METHODS["prompt"].adapt(start).network.transformer.prompt)
    torch.testing.assert_close(*prompts)


def test_a_special_token_that_is_never_read_needs_no_row(tmp_path):
    def add_padding(tokenizer):
        tokenizer.add_special_tokens({"pad_token": "<|a further one|>"})

    folder = with_tokenizer("tiny-gpt2", tmp_path, add_padding, eos_token="<|endoftext|>")
    features = [
        load_untouched(base, CARD).features(SENTENCES)
        for base in (folder, PRETRAINED / "tiny-gpt2")
    ]
    np.testing.assert_allclose(*features, rtol=1e-4, atol=1e-5)
    model = METHODS["base"].adapt(start_for("base", "tiny-gpt2", "generation", folder=folder))
    assert model.padding < len(model.network.get_input_embeddings().weight)
    assert model.perform(SENTENCES) == [model.perform([text])[0] for text in SENTENCES]
