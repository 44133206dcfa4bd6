"""Features and answers of a text: the same alone as beside longer ones, padding seen or not."""

import numpy as np
import pytest
import torch
from architectures import DECODERS, ENCODERS, PAIRS, SEEING_PADDING, SENTENCES

from pipeline.models.travelling.framing import as_segments, by_length, encode_segments
from pipeline.models.travelling.padding import ignores_padding

TEXTS = ("a sailor mends", *SENTENCES, "the net")


@pytest.mark.parametrize("kind", [*DECODERS, *ENCODERS, *PAIRS, "mpt", "gpt_neo", *SEEING_PADDING])
def test_features_of_a_text_are_those_of_the_text_alone(text_model, kind):
    model = text_model(kind, "features")
    together = model.features(TEXTS)
    alone = np.concatenate([model.features([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-4 * np.abs(alone).max())
    assert model.ignores_padding == (kind not in SEEING_PADDING)


@pytest.mark.parametrize("kind", SEEING_PADDING)
def test_padding_would_change_what_these_say_of_a_text(text_model, kind):
    """Else the claims about them would hold for nothing."""
    model = text_model(kind, "classification")
    encoded = encode_segments(model.tokenizer, model.room, as_segments(TEXTS))
    together = model.logits(encoded, batch_size=5)
    alone = [model.logits([one], batch_size=5)[0] for one in encoded]
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    model.ignores_padding = True
    padded = torch.stack(model.logits(encoded, batch_size=5))
    assert (padded - torch.stack(alone)).abs().max() > 1e-2 * padded.abs().max()


def test_a_network_in_training_stays_so_and_is_tried_as_it_answers(text_model):
    model = text_model("bert", "classification")
    model.network.train()
    assert ignores_padding(model)
    assert model.network.training


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["bert", "gpt2", "convbert"])
def test_padding_is_told_from_the_rounding_of_numbers_of_16_bits(text_model, kind, dtype):
    model = text_model(kind, "features")
    model.network.to(dtype=dtype)
    before = {name: values.clone() for name, values in model.network.state_dict().items()}
    assert ignores_padding(model) == (kind not in SEEING_PADDING)
    after = model.network.state_dict()
    assert all(torch.equal(after[name], values) for name, values in before.items())
    assert all(after[name].dtype == values.dtype for name, values in before.items())


def test_batches_of_one_length_hold_every_text_once():
    encoded = [{"input_ids": [1] * n} for n in (3, 5, 3, 3, 2, 5)]
    batches = list(by_length(encoded, 2, padded=False))
    assert sorted(n for members in batches for n in members) == list(range(6))
    lengths = [[len(encoded[n]["input_ids"]) for n in members] for members in batches]
    assert lengths == [[5, 5], [3, 3], [3], [2]]
