"""Features are the states that transformers gives out, read one layer at a time, in any type."""

import gc
import weakref

import numpy as np
import pytest
import torch
from architectures import DECODERS, ENCODERS, PAIRS, SENTENCES, make_architecture

from pipeline.models.devices import place
from pipeline.models.travelling.architecture import stack_of
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.framing import by_tokens
from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.layers import LayerReader
from pipeline.models.travelling.loading import load_untouched

TEXTS = (*SENTENCES, "a net", "the old sailor")
CARD = Card("b", "", "text", "none", "base", "nothing", "features")
#: One block is passed again and again; the cache decides what a block is given.
WITHOUT_BLOCKS = {"albert", "mamba"}


@pytest.fixture
def untouched(tmp_path):
    return lambda kind: load_untouched(make_architecture(kind, tmp_path), CARD)


@pytest.mark.parametrize("kind", [*DECODERS, *ENCODERS, *PAIRS])
def test_features_are_the_states_that_transformers_gives_out(untouched, kind):
    model = untouched(kind)
    features = model.features(TEXTS, "last", tokens_at_once=40)
    stack = stack_of(model.network)
    special = set(model.tokenizer.all_special_ids)
    for text, of_text in zip(TEXTS, features, strict=True):
        encoded = model.tokenizer(text, return_tensors="pt")
        ids = encoded["input_ids"]
        last = max(n for n, token in enumerate(ids[0].tolist()) if token not in special)
        with torch.no_grad():
            states = stack(input_ids=ids, output_hidden_states=True).hidden_states
        expected = np.stack([state[0, last].numpy() for state in states])
        atol = 1e-5 * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(of_text, expected, rtol=1e-4, atol=atol)


@pytest.mark.parametrize("kind", [*DECODERS, *ENCODERS, *PAIRS])
def test_blocks_are_read_one_after_the_other(untouched, kind):
    model = untouched(kind)
    batch = model.batch([{"input_ids": [5, 6, 7, 8]}])
    with torch.inference_mode():
        reader = LayerReader(stack_of(model.network), batch)
    assert (reader.blocks is None) == (kind in WITHOUT_BLOCKS)


def test_no_more_than_a_layer_is_held(untouched):
    model = untouched("llama")
    batch = model.batch([{"input_ids": [5, 6, 7, 8]}])
    alive = []

    def pool(states):
        gc.collect()
        alive.append(sum(reference() is not None for reference in references))
        references.append(weakref.ref(states))
        return states.mean(dim=1)

    references = []
    with torch.inference_mode():
        LayerReader(stack_of(model.network), batch).pooled(batch, pool)
    assert len(references) == 3
    assert max(alive) <= 1


@pytest.mark.parametrize("kind", ["gpt2", "opt", "bert", "albert", "t5"])
def test_prompts_take_part_and_are_not_read(untouched, kind):
    model = untouched(kind)
    card = Card("b", "", "text", "none", "prompt", "part", "features", "prompt", prompt_length=5)
    before = model.features(TEXTS, "last")
    torch.manual_seed(0)
    model.card, model.network = card, INSERTIONS["prompt"](model.network, card)
    together = model.features(TEXTS, "last", tokens_at_once=40)
    alone = np.concatenate([model.features([text], "last") for text in TEXTS])
    scale = np.abs(alone).max()
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5 * scale)
    assert np.abs(together - before).max(axis=(0, 2))[1:].min() > 1e-4


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_features_of_a_smaller_type_leave_as_float32(untouched, dtype):
    model = untouched("bert")
    whole = model.features(TEXTS)
    place(model.network, "cpu", dtype)
    features = model.features(TEXTS)
    assert features.dtype == np.float32
    assert 0 < np.abs(features - whole).max() < 0.1 * np.abs(whole).max()


def test_batches_hold_no_more_tokens_than_they_may():
    rng = np.random.default_rng(0)
    encoded = [{"input_ids": [1] * n} for n in rng.integers(1, 60, 50)]
    batches = list(by_tokens(encoded, 100, further=4))
    assert sorted(n for members in batches for n in members) == list(range(50))
    for members in batches:
        longest = max(len(encoded[n]["input_ids"]) for n in members) + 4
        assert len(members) == 1 or len(members) * longest <= 100
    assert len(batches) < 25


def test_a_base_that_narrows_its_last_state_is_read_before_it_does(tmp_path):
    changes = {"word_embed_proj_dim": 16, "do_layer_norm_before": False}  # OPT-350m's
    model = load_untouched(make_architecture("opt", tmp_path, changes), CARD)
    features = model.features(TEXTS)
    assert features.shape == (len(TEXTS), 3, 32)
    decoder, last = model.network.decoder, []
    hook = decoder.layers[-1].register_forward_hook(lambda _module, _inputs, out: last.append(out))
    ids = model.tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        given_out = decoder(input_ids=ids).last_hidden_state
    hook.remove()
    n_special = 1
    expected = last[0][0, n_special:].mean(dim=0)
    np.testing.assert_allclose(features[0, -1], expected, rtol=1e-4, atol=1e-4)
    assert given_out.shape[2] == 16, "the network itself goes on as before"


def test_a_pair_that_stores_no_sinusoids_is_read(untouched):
    features = untouched("marian").features(TEXTS)
    assert np.isfinite(features).all()
