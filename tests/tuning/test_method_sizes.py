"""At the size of GPT-2, BERT-base and ViT-base, methods train what is published for them."""

from dataclasses import replace

import pytest
import torch
import transformers
from timm.models.vision_transformer import VisionTransformer

from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions import INSERTIONS

CARD = Card("b", "", "text", "t", "m", "part", "generation", prompt_length=10, adapter_width=64)


def network_of(base):
    """Make a network of 12 layers and 768 features, without a single weight."""
    with torch.device("meta"):
        if base == "gpt2":
            return transformers.GPT2LMHeadModel(transformers.GPT2Config())
        if base == "bert":
            return transformers.BertForMaskedLM(transformers.BertConfig())
        return VisionTransformer(img_size=224, patch_size=16, embed_dim=768, depth=12)


@pytest.mark.parametrize("length", [1, 10, 100])
@pytest.mark.parametrize(("insertion", "base", "each"), [
    ("prompt", "gpt2", 768),
    ("prompt", "bert", 768),
    ("prefix", "gpt2", 18_432),
    ("prefix", "bert", 18_432),
    ("vpt-shallow", "vit", 768),
    ("vpt-deep", "vit", 9_216),
])  # fmt: skip
def test_a_prompt_position_costs_what_is_published(insertion, base, each, length):
    network = network_of(base).requires_grad_(False)
    with torch.device("meta"):
        INSERTIONS[insertion](network, replace(CARD, prompt_length=length))
    trained = [p.numel() for p in network.parameters() if p.requires_grad]
    assert sum(trained) == each * length


@pytest.mark.parametrize("base", ["gpt2", "bert", "vit"])
def test_adapters_cost_what_houlsby_says(base):
    network = network_of(base).requires_grad_(False)
    with torch.device("meta"):
        INSERTIONS["adapters"](network, CARD)
    trained = [p.numel() for p in network.parameters() if p.requires_grad]
    assert sum(trained) == 24 * (2 * 768 * 64 + 64 + 768)
