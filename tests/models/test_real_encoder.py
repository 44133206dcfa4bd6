"""A real pretrained encoder, as sentence-transformers lays it down, serves as a base."""

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from pipeline.models.bases import find_base
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import Card, base_digest
from pipeline.models.travelling.loading import load_tuned
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.text_networks import load_text_network, load_tokenizer


@pytest.fixture(scope="module")
def folder(repository):
    folder = repository.parent / "shared" / "data" / "weights" / "all-MiniLM-L6-v2"
    if not folder.is_dir():
        pytest.skip("needs all-MiniLM-L6-v2 in ../shared/data/weights")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    base = find_base(str(folder))
    assert (base.modality, base.folder()) == ("text", folder)
    card = Card(
        *(base.name, base_digest(folder), "text", "mrpc", "lora", "part"),
        form="classification",
        insertion="peft",
        classes=("different", "same"),
    )
    network = load_text_network(folder, card)
    config = LoraConfig(task_type="SEQ_CLS", r=4, init_lora_weights=False)
    return TextModel(get_peft_model(network, config), load_tokenizer(folder), card)


def test_it_knows_which_sentences_mean_the_same(folder, model):
    sentences = ["A man is playing a guitar.", "Someone plays an instrument.", "It rained all day."]
    with model.network.disable_adapter():
        states = torch.from_numpy(model.features(sentences)[:, -1])
    near = torch.nn.functional.cosine_similarity(states[0], states[1:], dim=1)
    assert near[0] > near[1] + 0.3


def test_an_adapter_on_it_comes_back_the_same(folder, model, tmp_path):
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: folder)
    pairs = [("He said no.", "He refused."), ("The cat slept.", "Shares fell by 3 %.")]
    np.testing.assert_allclose(again.features(pairs), model.features(pairs), atol=1e-5)
    assert again.perform(pairs) == model.perform(pairs)
    stored = sum(path.stat().st_size for path in (tmp_path / "weights").iterdir())
    assert stored < 1_000_000
