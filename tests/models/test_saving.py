"""A saved model is what the card says, and a loaded one does what was saved."""

import json

import numpy as np
import pytest
import torch

from pipeline.models.bases import PRETRAINED
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.loading import load_tuned

CASES = [
    ("tiny-gpt2", "summarization", "base", 0),
    ("tiny-gpt2", "summarization", "full", 0),
    ("tiny-gpt2", "summarization", "prompt", 6),
    ("tiny-vit", "digits", "base", 0),
    ("tiny-vit", "digits", "full", 0),
    ("tiny-vit", "digits", "vpt-shallow", 6),
]


def stimuli(modality):
    if modality == "text":
        return ["the baker kneads the dough .", "the sailor mends a net ."]
    return np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(("base", "task", "method", "length"), CASES)
def test_a_tuned_model_comes_back_the_same(adapted, tmp_path, base, task, method, length):
    torch.manual_seed(0)
    model = adapted(base, task, method, length)
    with torch.no_grad():  # as if trained: away from the base
        for parameter in model.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.01 * torch.randn_like(parameter))
    save_tuned(model, tmp_path / "tuned")
    again = load_tuned(tmp_path / "tuned", lambda: PRETRAINED / base)
    assert again.card == model.card
    items = stimuli(model.card.modality)
    np.testing.assert_allclose(again.features(items), model.features(items), atol=1e-6)
    assert again.perform(items) == model.perform(items)


@pytest.mark.parametrize(("base", "task", "method", "length"), CASES)
def test_nothing_is_stored_beyond_what_the_card_says(adapted, tmp_path, base, task, method, length):
    model = adapted(base, task, method, length)
    save_tuned(model, tmp_path)
    stored = sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file())
    tokenizer = sum(p.stat().st_size for p in tmp_path.glob("tokenizer/*"))
    parameters = sum(p.numel() * 4 for p in model.network.parameters() if p.requires_grad)
    if method == "base":  # nothing for text, the head for pictures
        parameters = sum(p.numel() * 4 for p in model.network.head.parameters()) if length else 0
        assert stored < tokenizer + 10_000
    elif base == "tiny-gpt2":
        assert parameters < stored < parameters + tokenizer + 10_000
        assert (tokenizer > 0) == (method == "full")  # else it is the base's
    assert not list(tmp_path.rglob("*.bin")), "weights are stored as safetensors only"


def test_no_path_of_this_machine_is_stored(adapted, tmp_path):
    save_tuned(adapted("tiny-gpt2", "summarization", "lora"), tmp_path)
    config = json.loads((tmp_path / "weights" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny-gpt2"
    texts = [p.read_text() for p in tmp_path.rglob("*.json")]
    assert not any(str(PRETRAINED) in text for text in texts)


def test_an_adapter_refuses_a_base_it_was_not_tuned_from(adapted, tmp_path):
    save_tuned(adapted("tiny-gpt2", "summarization", "prompt", 6), tmp_path)
    with pytest.raises(ValueError, match=r"is not tiny-gpt2 as it was tuned"):
        load_tuned(tmp_path, lambda: PRETRAINED / "tiny-bert")
