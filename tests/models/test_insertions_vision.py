"""Deep prompts are fresh in every layer, and the backbone stays in evaluation mode."""

import pytest
import torch
from timm.models.vision_transformer import VisionTransformer

from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions import INSERTIONS

LENGTH, D = 3, 32


def prompted(name, **settings):
    torch.manual_seed(0)
    vit = VisionTransformer(
        img_size=8, patch_size=4, embed_dim=D, depth=3, num_heads=2, num_classes=2, **settings
    )
    card = Card("b", "", "image", "t", name, "part", "classification", name, prompt_length=LENGTH)
    return INSERTIONS[name](vit.eval(), card)


PICTURES = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)


@torch.no_grad()
def test_deep_prompts_equal_an_explicit_run():
    vit = prompted("vpt-deep")
    tokens = vit._pos_embed(vit.patch_embed(PICTURES))
    for prompts, block in zip(vit.prompt, vit.blocks, strict=True):
        fresh = prompts.expand(2, -1, -1)
        tokens = torch.cat([tokens[:, :1], fresh, tokens[:, -4:]], dim=1)  # four patches
        tokens = tokens + block.attn(block.norm1(tokens))
        tokens = tokens + block.mlp(block.norm2(tokens))
    torch.testing.assert_close(vit(PICTURES), vit.head(vit.norm(tokens)[:, 0]))


@pytest.mark.parametrize("name", ["vpt-shallow", "vpt-deep"])
def test_every_prompt_learns(name):
    vit = prompted(name)
    vit(PICTURES).square().sum().backward()
    assert (vit.prompt.grad.abs().sum(dim=2) > 0).all()


@pytest.mark.parametrize("name", ["vpt-shallow", "vpt-deep"])
def test_prompts_start_within_the_bound_of_their_source(name):
    prompt = prompted(name).prompt
    bound = (6 / (3 * 4**2 + D)) ** 0.5
    assert 0.9 * bound < prompt.abs().max() <= bound


@torch.no_grad()
@pytest.mark.parametrize("name", ["vpt-shallow", "vpt-deep"])
def test_training_switches_no_dropout_on(name):
    vit = prompted(name, proj_drop_rate=0.5, attn_drop_rate=0.5, drop_path_rate=0.5)
    expected = vit(PICTURES)
    vit.train()
    assert vit.head.training
    assert not vit.blocks.training
    torch.testing.assert_close(vit(PICTURES), expected)
    assert not vit.eval().head.training
