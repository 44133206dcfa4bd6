"""Prompts stand after the class token, change every layer above, and are never pooled."""

import numpy as np
import pytest
import torch

from pipeline.models.travelling.pictures import PictureForm


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


def test_features_of_the_base_equal_the_intermediates_of_timm(adapted, images):
    model = adapted("tiny-vit", "digits", "full")
    batch = model.picture.prepare(images)
    with torch.no_grad():
        (outputs, prefixes) = zip(
            *model.network.forward_intermediates(
                batch, output_fmt="NLC", return_prefix_tokens=True, intermediates_only=True
            ),
            strict=True,
        )
        normed = model.network.forward_features(batch)
    features = model.features(images)
    for layer, output in enumerate(outputs[:-1], start=1):
        np.testing.assert_allclose(features[:, layer], output.mean(dim=1), atol=1e-5)
    np.testing.assert_allclose(features[:, -1], normed[:, 1:].mean(dim=1), atol=1e-5)
    tokens = model.features(images, "class")
    np.testing.assert_allclose(tokens[:, 1], prefixes[0][:, 0], atol=1e-5)
    np.testing.assert_allclose(tokens[:, -1], normed[:, 0], atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "class"])
def test_prompts_change_all_layers_but_the_embedding(adapted, images, pooling):
    base = adapted("tiny-vit", "digits", "full").features(images, pooling)
    prompted = adapted("tiny-vit", "digits", "vpt-shallow", 4).features(images, pooling)
    assert prompted.shape == base.shape == (6, 5, 128)
    np.testing.assert_array_equal(prompted[:, 0], base[:, 0])
    assert np.abs(prompted[:, 1:] - base[:, 1:]).max(axis=(0, 2)).min() > 1e-4


def test_prompted_features_equal_an_explicit_run(adapted, images):
    model = adapted("tiny-vit", "digits", "vpt-shallow", 4)
    vit = model.network
    with torch.no_grad():
        tokens = vit._pos_embed(vit.patch_embed(model.picture.prepare(images)))
        prompt = vit.prompt.expand(len(images), -1, -1)
        tokens = torch.cat([tokens[:, :1], prompt, tokens[:, 1:]], dim=1)
        block = vit.blocks[0]
        tokens = tokens + block.attn(block.norm1(tokens))
        tokens = tokens + block.mlp(block.norm2(tokens))
    features = model.features(images)[:, 1]
    np.testing.assert_allclose(features, tokens[:, 5:].mean(dim=1), atol=1e-5)


def test_prompts_start_within_the_bound_of_their_source(adapted):
    prompt = adapted("tiny-vit", "digits", "vpt-shallow", 10).network.prompt
    bound = np.sqrt(6 / (3 * 4**2 + 128))
    assert prompt.shape == (1, 10, 128)
    assert 0.95 * bound < prompt.abs().max() <= bound


def test_pictures_of_another_size_are_brought_to_the_base_size():
    form = PictureForm(32, (0.5,) * 3, (0.5,) * 3)
    grey = np.full((2, 28, 28, 3), 255, dtype=np.uint8)
    prepared = form.prepare(grey)
    assert prepared.shape == (2, 3, 32, 32)
    assert torch.allclose(prepared, torch.ones_like(prepared), atol=1e-5)
