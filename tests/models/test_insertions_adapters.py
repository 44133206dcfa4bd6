"""Adapters stand between each sublayer and its residual, and start near the identity."""

from dataclasses import replace

import pytest
import torch
from test_insertions_text import CARD, CONFIGS, batch_of, network_of
from timm.models.vision_transformer import VisionTransformer

from pipeline.models.travelling.insertions import INSERTIONS

WIDTH, D = 5, 32
WITH_ADAPTERS = replace(CARD, adapter_width=WIDTH)
FORMS = {"bert": "tagging", "roberta": "classification"}


def adapted(base):
    if base == "vit":
        torch.manual_seed(0)
        network = VisionTransformer(img_size=8, patch_size=4, embed_dim=D, depth=2, num_heads=2)
    else:
        network = network_of(base, FORMS.get(base, "generation"))
    return INSERTIONS["adapters"](network.requires_grad_(False).eval(), WITH_ADAPTERS)


def run(network):
    if isinstance(network, VisionTransformer):
        return network(torch.linspace(-1, 1, 3 * 8 * 8).reshape(1, 3, 8, 8))
    return network(**batch_of(network)).logits


def adapters(network):
    return {n: m for n, m in network.named_modules() if n.endswith(".adapter")}


@pytest.mark.parametrize(("base", "n_layers"), [
    ("gpt2", 3), ("bert", 3), ("roberta", 3), ("t5", 4), ("bart", 4), ("vit", 2),
    ("llama", 3), ("opt", 3), ("gpt_neox", 3),
])  # fmt: skip
def test_every_layer_has_two_that_learn(base, n_layers):
    network = adapted(base)
    assert len(adapters(network)) == 2 * n_layers
    counted = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert counted == 2 * n_layers * (2 * D * WIDTH + WIDTH + D)
    run(network).square().sum().backward()
    for adapter in adapters(network).values():
        assert adapter.up.weight.grad.abs().sum() > 0


@torch.no_grad()
@pytest.mark.parametrize("base", [*CONFIGS, "vit"])
def test_they_start_near_the_identity_and_matter_once_they_have_learnt(base):
    network = adapted(base)
    start = run(network)
    for adapter in adapters(network).values():
        assert 0 < adapter.up.weight.abs().max() <= 0.02
        adapter.up.weight.zero_()
    identity = run(network)
    assert 0 < (start - identity).abs().max() < 0.05 * identity.std()
    for adapter in adapters(network).values():
        adapter.up.bias.normal_()
    assert (run(network) - identity).abs().max() > 0.05 * identity.std()


@torch.no_grad()
def test_a_bert_adds_the_residual_behind_the_adapter():
    output = adapted("bert").bert.encoder.layer[0].attention.output
    output.dropout.adapter.up.weight.normal_()
    states, residual = torch.randn(2, 3, D), torch.randn(2, 3, D)
    expected = output.LayerNorm(residual + output.dropout.adapter(output.dense(states)))
    torch.testing.assert_close(output(states, residual), expected)


@torch.no_grad()
def test_a_gpt2_adds_the_residual_behind_the_adapter():
    block = adapted("gpt2").transformer.h[0]
    attention, mlp = block.attn.resid_dropout.adapter, block.mlp.dropout.adapter
    for adapter in (attention, mlp):
        adapter.up.weight.normal_()
    x = torch.randn(1, 4, D)
    queries, keys, values = (
        part.view(1, 4, 2, D // 2).transpose(1, 2)
        for part in block.attn.c_attn(block.ln_1(x)).split(D, dim=2)
    )
    attended = torch.nn.functional.scaled_dot_product_attention(
        queries, keys, values, is_causal=True
    )
    x1 = x + attention(block.attn.c_proj(attended.transpose(1, 2).reshape(1, 4, D)))
    expected = x1 + mlp(block.mlp.c_proj(block.mlp.act(block.mlp.c_fc(block.ln_2(x1)))))
    torch.testing.assert_close(block(x, None, None), expected, atol=1e-5, rtol=0)
