"""A text model's answers and features do not depend on batches, and prompts leave no positions."""

import numpy as np
import pytest
import torch
from few_examples import few_examples
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.data import TASKS
from pipeline.models.bases import PRETRAINED

FOLDER = PRETRAINED / "tiny-gpt2"


@pytest.fixture(scope="module")
def texts():
    return TASKS["summarization"].load(few_examples(8, 4, seed=3)).train.sources


@pytest.mark.parametrize(("method", "length"), [("base", 0), ("prompt", 5)])
def test_a_text_is_answered_alike_alone_and_in_a_batch(adapted, texts, method, length):
    model = adapted("tiny-gpt2", "summarization", method, length)
    together = model.perform(texts)
    alone = [model.perform([text])[0] for text in texts]
    assert together == alone
    assert any(together)


@pytest.mark.parametrize("pooling", ["mean", "last"])
@pytest.mark.parametrize(("method", "length"), [("base", 0), ("prompt", 5)])
def test_features_are_alike_alone_and_in_a_batch(adapted, texts, method, length, pooling):
    model = adapted("tiny-gpt2", "summarization", method, length)
    together = model.features(texts, pooling)
    assert together.shape == (len(texts), 5, 128)
    alone = np.concatenate([model.features([text], pooling) for text in texts])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_features_of_the_base_equal_the_hidden_states_of_transformers(adapted, texts):
    network = AutoModelForCausalLM.from_pretrained(FOLDER).eval()
    ids = AutoTokenizer.from_pretrained(FOLDER)(texts[0], return_tensors="pt")
    with torch.no_grad():
        states = network(**ids, output_hidden_states=True).hidden_states
    expected = np.stack([state[0].mean(dim=0).numpy() for state in states])
    features = adapted("tiny-gpt2", "summarization", "base").features(texts[:1])[0]
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_prompt_positions_are_computed_with_but_not_pooled(adapted, texts):
    """An explicit run: prompt embeddings in front, pooled over what follows them."""
    model = adapted("tiny-gpt2", "summarization", "prompt", 5)
    ids = model.tokenizer(texts[0], return_tensors="pt")["input_ids"]
    prompt = model.network.transformer.prompt[None]
    network = AutoModelForCausalLM.from_pretrained(FOLDER).eval()
    with torch.no_grad():
        embedded = torch.cat([prompt, network.get_input_embeddings()(ids)], dim=1)
        states = network(inputs_embeds=embedded, output_hidden_states=True).hidden_states
    expected = np.stack([state[0, 5:].mean(dim=0).numpy() for state in states])
    features = model.features(texts[:1])[0]
    np.testing.assert_allclose(features, expected, atol=1e-5)
    base = adapted("tiny-gpt2", "summarization", "base").features(texts[:1])[0]
    assert np.abs(features[1:] - base[1:]).max() > 1e-3, "the prompt must change what follows it"


def test_a_text_longer_than_the_context_is_cut_to_fit(adapted):
    model = adapted("tiny-gpt2", "summarization", "prompt", 5)
    endless = " the baker kneads the dough ." * 100
    assert len(model.perform([endless])) == 1
    assert np.isfinite(model.features([endless])).all()


@pytest.mark.parametrize(("method", "length"), [("base", 0), ("prompt", 5), ("prefix", 40)])
def test_every_method_reads_the_same_tokens_of_a_stimulus(adapted, method, length):
    model = adapted("tiny-gpt2", "summarization", method, length)
    endless = " the baker kneads the dough ." * 100
    tokens = model.tokenizer(endless, verbose=False)["input_ids"]
    assert model.token_counts([endless]) == [len(tokens)]
    room = model.stimulus_room()
    assert room == 192 - 48
    read, less = (model.tokenizer.decode(tokens[:n]) for n in (room, room - 1))
    states = model.features([endless, read, less])
    np.testing.assert_allclose(states[0], states[1], atol=1e-5)
    assert np.abs(states[0] - states[2]).max() > 1e-3


def test_a_prompt_that_leaves_less_room_than_other_methods_have_is_refused(adapted):
    model = adapted("tiny-gpt2", "summarization", "prompt", 60)
    endless = " the baker kneads the dough ." * 100
    with pytest.raises(ValueError, match=r"at most 132 tokens .* found one of 144.*prompt_room=60"):
        model.features([endless])
    assert np.isfinite(model.features([endless], prompt_room=60)).all()
    assert np.isfinite(model.features(["the baker kneads the dough ."])).all()
