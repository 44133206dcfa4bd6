"""A sentence may be read behind those before it, and its own tokens alone are pooled."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from pipeline.brains.dataset import Stimuli
from pipeline.models.bases import PRETRAINED

CONTEXT = "the baker kneads the dough in the kitchen . tonight the baker tastes the soup ."
SENTENCE = "the chef slowly stirs the sauce ."


def features(model, texts, contexts=(), pooling="mean"):
    batches = model.feature_batches(texts, pooling, contexts=contexts)
    by_place = {n: v for members, vectors in batches for n, v in zip(
        members, np.stack(vectors, axis=1), strict=True)}  # fmt: skip
    return np.stack([by_place[n] for n in range(len(texts))])


@pytest.fixture(scope="module")
def decoder(adapted):
    return adapted("tiny-gpt2", "summarization", "base")


def states_of(base, tokenizer, text):
    """Compute the states of every layer by transformers alone."""
    network = AutoModel.from_pretrained(PRETRAINED / base).eval()
    ids = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        return network(**ids, output_hidden_states=True).hidden_states


@pytest.mark.parametrize(("pooling", "own"), [("mean", slice(None)), ("last", slice(-1, None))])
def test_own_tokens_are_pooled_of_a_text_that_is_read_whole(decoder, pooling, own):
    behind = features(decoder, [SENTENCE], [CONTEXT], pooling)[0]
    states = states_of("tiny-gpt2", decoder.tokenizer, f"{CONTEXT} {SENTENCE}")
    n_own = len(decoder.tokenizer(f" {SENTENCE}")["input_ids"])
    expected = [layer[0, -n_own:][own].mean(dim=0).numpy() for layer in states]
    np.testing.assert_allclose(behind, np.stack(expected), atol=1e-5)
    alone = features(decoder, [SENTENCE], pooling=pooling)[0]
    assert np.abs(behind[1:] - alone[1:]).max() > 1e-3


def test_the_first_sentence_of_a_passage_stands_as_alone(decoder):
    first, second = features(decoder, [SENTENCE, SENTENCE], ["", CONTEXT])
    np.testing.assert_allclose(first, features(decoder, [SENTENCE])[0], atol=1e-5)
    assert np.abs(first[-1] - second[-1]).max() > 1e-3


def test_a_context_without_room_loses_its_beginning_and_the_text_nothing(decoder):
    room = decoder.stimulus_room()
    long = " ".join([CONTEXT] * 40)
    n_own = len(decoder.tokenizer(f" {SENTENCE}")["input_ids"])
    read = decoder.tokenizer(long)["input_ids"][-(room - n_own) :]
    ids = torch.tensor([[*read, *decoder.tokenizer(f" {SENTENCE}")["input_ids"]]])
    network = AutoModel.from_pretrained(PRETRAINED / "tiny-gpt2").eval()
    with torch.no_grad():
        states = network(input_ids=ids, output_hidden_states=True).hidden_states
    expected = np.stack([layer[0, -n_own:].mean(dim=0).numpy() for layer in states])
    np.testing.assert_allclose(features(decoder, [SENTENCE], [long])[0], expected, atol=1e-5)


def test_a_prompt_stands_in_front_of_the_context(adapted):
    prompted = adapted("tiny-gpt2", "summarization", "prompt", 4)
    behind = features(prompted, [SENTENCE, SENTENCE], [CONTEXT, ""])
    alone = features(prompted, [SENTENCE])
    np.testing.assert_allclose(behind[1], alone[0], atol=1e-5)


def test_contexts_are_the_earlier_sentences_of_a_group_in_their_order():
    items = ("a .", "b .", "c .", "d .", "e .")
    stimuli = Stimuli(items, np.array(["1", "1", "2", "1", "2"]))
    assert stimuli.contexts() == ("", "a .", "", "a . b .", "c .")
