"""A mean over tokens may be over the positions of a prompt, too, in every layer that has them."""

import copy

import numpy as np
import pytest
import torch
from architectures import SENTENCES, make_architecture
from timm.models.vision_transformer import VisionTransformer

from pipeline.models.travelling.architecture import stack_of
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.insertions.prompt import reader_of
from pipeline.models.travelling.layers import in_order
from pipeline.models.travelling.loading import load_untouched
from pipeline.models.travelling.vision import pooled_tokens

LENGTH = 5
TEXTS = (*SENTENCES, "a net")  # of several lengths, so that some are padded
CARD = Card("b", "", "text", "none", "base", "nothing", "features")
PROMPTED = Card("b", "", "text", "none", "prompt", "part", "features", "prompt", LENGTH)


def features(model, prompt_positions):
    batches = model.feature_batches(TEXTS, tokens_at_once=60, prompt_positions=prompt_positions)
    return np.stack(in_order(batches, len(TEXTS)), axis=1)


@pytest.mark.parametrize("kind", ["gpt2", "opt", "bert", "albert", "t5"])
def test_positions_of_a_prompt_are_averaged_as_those_of_tokens(kind, tmp_path):
    model = load_untouched(make_architecture(kind, tmp_path), CARD)
    plain = stack_of(copy.deepcopy(model.network))
    torch.manual_seed(0)
    model.card, model.network = PROMPTED, INSERTIONS["prompt"](model.network, PROMPTED)
    out, within = (features(model, positions) for positions in ("out", "in"))
    prompt, special = reader_of(model.network).prompt, set(model.tokenizer.all_special_ids)
    for number, text in enumerate(TEXTS):
        ids = model.tokenizer(text, return_tensors="pt")["input_ids"]
        own = [n for n, token in enumerate(ids[0].tolist()) if token not in special]
        with torch.no_grad():
            read = torch.cat([prompt[None], plain.get_input_embeddings()(ids)], dim=1)
            states = plain(inputs_embeds=read, output_hidden_states=True).hidden_states
        averaged = [*range(LENGTH), *(LENGTH + n for n in own)]
        expected = np.stack([layer[0, averaged].mean(dim=0).numpy() for layer in states])
        atol = 1e-5 * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(within[number], expected, rtol=1e-4, atol=atol)
    assert np.abs(within - out).max(axis=(0, 2)).min() > 1e-4
    np.testing.assert_array_equal(features(model, "out"), out)  # nothing stays changed


def test_a_model_without_prompt_positions_is_the_same_either_way(tmp_path):
    model = load_untouched(make_architecture("gpt2", tmp_path), CARD)
    np.testing.assert_array_equal(features(model, "in"), features(model, "out"))


@torch.no_grad()
@pytest.mark.parametrize("name", ["vpt-shallow", "vpt-deep"])
def test_visual_prompts_are_averaged_as_patches(name):
    torch.manual_seed(0)
    vit = VisionTransformer(
        img_size=8, patch_size=4, embed_dim=32, depth=3, num_heads=2, num_classes=2
    ).eval()
    card = Card("b", "", "image", "t", name, "part", "classification", name, prompt_length=LENGTH)
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    tokens = vit._pos_embed(vit.patch_embed(pictures))
    blocks = list(copy.deepcopy(vit.blocks))
    vit = INSERTIONS[name](vit, card)
    expected = [tokens[:, 1:].mean(dim=1)]  # the embedding has no prompts yet
    for layer, block in enumerate(blocks):
        if layer == 0 or name == "vpt-deep":
            fresh = vit.prompt[layer].expand(2, -1, -1)
            tokens = torch.cat([tokens[:, :1], fresh, tokens[:, -4:]], dim=1)  # four patches
        tokens = block(tokens)
        expected.append(tokens[:, 1:].mean(dim=1))
    expected[-1] = torch.nn.functional.layer_norm(
        tokens, (32,), vit.norm.weight, vit.norm.bias, vit.norm.eps
    )[:, 1:].mean(dim=1)
    for own, layer in zip(pooled_tokens(vit, pictures, "mean", True), expected, strict=True):
        torch.testing.assert_close(own, layer)
    patches = pooled_tokens(vit, pictures, "mean")
    torch.testing.assert_close(patches[0], expected[0])
    assert all(not torch.allclose(*two) for two in zip(patches[1:], expected[1:], strict=True))
