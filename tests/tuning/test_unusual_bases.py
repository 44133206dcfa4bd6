"""Architectures that libraries build otherwise: tuned as any other, or refused by their names."""

import numpy as np
import pytest
import torch
from architectures import DECODERS, LIKE_LLAMA
from starts import start_for
from test_bases_by_methods import step
from vision_architectures import timm_folder

from pipeline.errors import TuningError
from pipeline.models.travelling.insertions.places import PLACES
from pipeline.tuning.methods import METHODS


@pytest.mark.parametrize(("base", "method"), [
    ("codegen", "full"), ("openai-gpt", "full"), ("openai-gpt", "lora"), ("openai-gpt", "prompt"),
    ("mixtral", "lora"), ("mamba2", "lora"),
])  # fmt: skip
def test_a_decoder_of_an_unusual_build_is_tuned(architecture, base, method):
    start = start_for(method, base, "generation", folder=architecture(base))
    states, loss = step(METHODS[method].adapt(start), "generation")
    assert states > 0
    assert np.isfinite(loss)


def has_a_place_for_keys(kind):
    return kind in PLACES and bool(PLACES[kind].self_attention)


#: Those that differ most: experts, windows, one matrix for all, keys of one head.
OFTEN = ("gpt2", "opt", "gpt_neox", "llama", "gemma3_text", "mixtral", "phi3", "gpt_bigcode")
CACHED = [k for k in (*DECODERS, *LIKE_LLAMA, "gpt_bigcode") if has_a_place_for_keys(k)]


@pytest.mark.parametrize(
    "base", [k if k in OFTEN else pytest.param(k, marks=pytest.mark.slow) for k in CACHED]
)
def test_a_prefix_is_what_the_networks_own_cache_would_hold(architecture, base):
    """The referee: transformers' cache, filled with the prefix before the text is read."""
    from transformers import AutoModelForCausalLM, DynamicCache

    plain = AutoModelForCausalLM.from_pretrained(architecture(base)).eval()
    start = start_for("prefix", base, "generation", length=3, folder=architecture(base))
    model = METHODS["prefix"].adapt(start)
    cache = DynamicCache(config=plain.config)
    for layer, states in enumerate(model.network.base_model.prefix.states.detach()):
        cache.update(*states[:, None].expand(-1, 2, -1, -1, -1).contiguous(), layer)
    tokens = torch.tensor([[40, 41, 42, 43, 44], [50, 51, 52, 53, 54]])
    mask = torch.ones(2, 3 + 5, dtype=torch.long)
    with torch.no_grad():
        own = plain(input_ids=tokens, attention_mask=mask, past_key_values=cache).logits
        logits = model.network(input_ids=tokens, attention_mask=mask[:, 3:]).logits
        without = plain(input_ids=tokens).logits
    torch.testing.assert_close(logits, own, rtol=1e-5, atol=1e-6)
    assert (own - without).abs().max() > 0.1 * without.abs().max()


@pytest.mark.parametrize(("base", "form"), [
    ("gptj", "generation"), ("mixtral", "generation"), ("marian", "generation"),
    ("roformer", "classification"), ("phi3", "generation"), ("gpt_bigcode", "generation"),
])  # fmt: skip
def test_adapters_have_their_places_in_further_architectures(architecture, base, form):
    start = start_for("adapter", base, form, folder=architecture(base))
    model = METHODS["adapter"].adapt(start)
    n_adapters = sum(type(module).__name__ == "Adapter" for module in model.network.modules())
    assert n_adapters == (8 if base == "marian" else 4), "two in each of two layers"
    states, loss = step(model, form)
    assert states > 0
    assert np.isfinite(loss)


@pytest.mark.parametrize(("base", "form", "method", "defect"), [
    ("squeezebert", "classification", "lora", "features nothing that it trains would change"),
    ("xlnet", "generation", "full", "writes otherwise than it reads"),
    ("xlnet", "generation", "base", "writes otherwise than it reads"),
    ("nystromformer", "classification", "base", "library ends with RuntimeError"),
    ("nystromformer", "classification", "full", "library ends with RuntimeError"),
])  # fmt: skip
def test_what_cannot_be_read_or_tuned_is_refused_by_name(architecture, base, form, method, defect):
    start = start_for(method, base, form, folder=architecture(base))
    with pytest.raises(TuningError, match=rf"method '{method}': .*{base}, .*{defect}"):
        METHODS[method].adapt(start)


def test_a_decoder_that_sees_what_is_yet_to_be_written_is_refused(architecture, monkeypatch):
    from transformers import LlamaModel

    def both_ways(self, **inputs):
        n_tokens = inputs["input_ids"].shape[1]
        return forward(self, **{**inputs, "attention_mask": torch.zeros(1, 1, n_tokens, n_tokens)})

    start = start_for("full", "llama", "generation", folder=architecture("llama"))
    METHODS["full"].adapt(start)
    forward = LlamaModel.forward
    monkeypatch.setattr(LlamaModel, "forward", both_ways)
    with pytest.raises(TuningError, match=r"otherwise than it reads|yet to be written"):
        METHODS["full"].adapt(start)


@pytest.mark.parametrize("method", ["base", "full"])
def test_weights_that_are_no_numbers_are_refused(architecture, tmp_path, method):
    from safetensors.torch import load_file, save_file

    folder = architecture("bert")
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if "layer.1" in name and name.endswith("weight"))
    save_file({**weights, name: weights[name] * torch.nan}, tmp_path / "model.safetensors",
              {"format": "pt"})  # fmt: skip
    start = start_for(method, "bert", "classification", folder=tmp_path)
    with pytest.raises(TuningError, match="states are not all finite numbers"):
        METHODS[method].adapt(start)


def test_a_vision_base_whose_stages_cannot_be_read_is_refused(tmp_path):
    small = {"img_size": (32, 32), "embed_dim": 24, "stages": (1, 1, 1, 1)}
    timm_folder(tmp_path / "hiera", "hiera_tiny_224", small)
    start = start_for("full", "hiera", "picture", folder=tmp_path / "hiera")
    with pytest.raises(
        TuningError, match="of type hiera_tiny_224, on which a library ends with AssertionError"
    ):
        METHODS["full"].adapt(start)


@pytest.mark.parametrize(("base", "holders"), [
    ("gpt_oss", ("gate_up_proj_bias", "down_proj_bias", "q_proj.bias")),
    ("mamba2", ("dt_bias", "conv1d.bias")),
])  # fmt: skip
def test_every_bias_is_trained_by_whatever_name_it_has(architecture, base, holders):
    start = start_for("bitfit", base, "generation", folder=architecture(base))
    named = dict(METHODS["bitfit"].adapt(start).network.named_parameters())
    trained = {name for name, parameter in named.items() if parameter.requires_grad}
    assert trained == {name for name in named if name.endswith("bias")}
    assert all(any(name.endswith(holder) for name in trained) for holder in holders)


@pytest.mark.parametrize("base", ["nemotron", "gemma3_text", "gpt2"])
def test_every_layer_norm_is_trained_beside_adapters(architecture, base):
    start = start_for("adapter", base, "generation", folder=architecture(base))
    named = dict(METHODS["adapter"].adapt(start).network.named_parameters())
    trained = {name for name, parameter in named.items() if parameter.requires_grad}
    norms = {name for name in named if "norm" in name or ".ln_" in name}
    assert norms
    assert trained == norms | {name for name in named if ".adapter." in name}
