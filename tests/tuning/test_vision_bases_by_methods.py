"""Every vision architecture with every method: refused by name, or tuned, stored, and back."""

import numpy as np
import pytest
import torch
from starts import examples_of, start_for
from vision_architectures import OF_TOKENS, VISION, WITHOUT_TOKENS, timm_folder

from pipeline.errors import TuningError
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.loading import load_tuned
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS

METHODS_FOR_PICTURES = [
    name for name, m in METHODS.items() if "image" in m.storage and not m.interpolates
]
EVERYWHERE = ("base", "untrained", "full", "probe", "lora", "bitfit")
#: Distances between tokens are a table in them, in which a prompt has no place.
WITHOUT_PROMPTS = ("beit",)
PICTURES = examples_of("picture")


@pytest.fixture(scope="module")
def vision_base(tmp_path_factory):
    made = {}

    def find(kind):
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind) / kind
            timm_folder(made[kind], *VISION[kind])
        return made[kind]

    return find


def accepts(base, method):
    if method == "adapter":
        return base in OF_TOKENS
    return method in EVERYWHERE or (base in OF_TOKENS and base not in WITHOUT_PROMPTS)


def as_list(features):
    return list(np.moveaxis(features, 1, 0)) if isinstance(features, np.ndarray) else features


def step(model):
    """Take one step, and say by how much the deepest layer and the loss changed."""
    trained = [p for p in model.network.parameters() if p.requires_grad]
    items, collate = prepare(model, PICTURES)
    batch = collate([items[n] for n in range(len(PICTURES))])
    before = as_list(model.features(PICTURES.images))[-1]
    model.network.train()
    loss = form_of(model.card).loss(model.network, batch)
    loss.backward()
    torch.optim.AdamW(trained, 0.05).step()
    model.network.eval()
    with torch.no_grad():
        moved = form_of(model.card).loss(model.network, batch)
    return np.abs(as_list(model.features(PICTURES.images))[-1] - before).max(), float(
        moved - loss.detach()
    )


@pytest.mark.parametrize("method", METHODS_FOR_PICTURES)
@pytest.mark.parametrize("base", VISION)
def test_a_base_is_tuned_stored_and_back_or_refused(vision_base, base, method, tmp_path):
    start = start_for(method, base, "picture", length=3, folder=vision_base(base))
    torch.manual_seed(0)
    if not accepts(base, method):
        with pytest.raises(TuningError, match=rf"method '{method}': expected .*{base}, a "):
            METHODS[method].adapt(start)
        return
    model = METHODS[method].adapt(start)
    if METHODS[method].recipes:
        states, loss = step(model)
        assert np.isfinite(loss)
        assert loss != 0
        assert (states > 0) == (method != "probe")
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: vision_base(base))
    layers = as_list(model.features(PICTURES.images))
    for layer, expected in zip(as_list(again.features(PICTURES.images)), layers, strict=True):
        np.testing.assert_allclose(layer, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert again.perform(PICTURES.images) == model.perform(PICTURES.images)


@pytest.mark.parametrize("base", VISION)
def test_an_untouched_base_computes_what_timm_computes(vision_base, base, tmp_path):
    import timm

    folder = vision_base(base)
    network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    model = METHODS["base"].adapt(start_for("base", base, "picture", folder=folder))
    batch = model.picture.prepare(PICTURES.images)
    with torch.no_grad():
        torch.testing.assert_close(
            model.network.forward_features(batch), network.forward_features(batch)
        )


@pytest.mark.parametrize("base", OF_TOKENS)
def test_layers_of_tokens_are_those_of_timm(vision_base, base):
    model = METHODS["base"].adapt(start_for("base", base, "picture", folder=vision_base(base)))
    layers = model.features(PICTURES.images)
    with torch.no_grad():
        (first, _) = model.network.forward_intermediates(
            model.picture.prepare(PICTURES.images), output_fmt="NLC", intermediates_only=True
        )
    np.testing.assert_allclose(layers[:, 1], first.mean(dim=1), rtol=1e-4, atol=1e-5)
    assert layers.shape == (6, 3, 48)
    assert ("class" in model.poolings) == (base != "siglip")


@pytest.mark.parametrize("base", WITHOUT_TOKENS)
def test_layers_without_tokens_are_stages_of_their_own_widths(vision_base, base):
    model = METHODS["base"].adapt(start_for("base", base, "picture", folder=vision_base(base)))
    layers = model.features(PICTURES.images)
    widths = [layer.shape[1] for layer in layers]
    assert widths[-1] == 48
    assert len(set(widths)) == len(widths)
    assert model.poolings == ("mean",)
    alone = [model.features(PICTURES.images[n : n + 1])[-1] for n in range(6)]
    np.testing.assert_allclose(np.concatenate(alone), layers[-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["vpt-shallow", "vpt-deep"])
@pytest.mark.parametrize("base", ["siglip", "dinov3"])
def test_prompts_are_never_pooled_and_turn_no_place(vision_base, base, method):
    """Prompts far from all tokens leave the pooled vector one of tokens: as many and as placed."""
    start = start_for(method, base, "picture", length=3, folder=vision_base(base))
    model = METHODS[method].adapt(start)
    with torch.no_grad():
        tokens = model.network.forward_features(model.picture.prepare(PICTURES.images))
    plain = METHODS["base"].adapt(start_for("base", base, "picture", folder=vision_base(base)))
    with torch.no_grad():
        expected = plain.network.forward_features(plain.picture.prepare(PICTURES.images))
    assert tokens.shape == expected.shape


def test_batch_norms_keep_the_statistics_of_the_base(vision_base):
    model = METHODS["full"].adapt(
        start_for("full", "resnet", "picture", folder=vision_base("resnet"))
    )
    before = model.network.bn1.running_mean.clone()
    step(model)
    assert torch.equal(model.network.bn1.running_mean, before)
    assert not torch.equal(model.network.bn1.bias, torch.zeros_like(model.network.bn1.bias))


def test_weights_that_are_not_all_those_of_the_architecture_are_refused(vision_base, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(vision_base("vit"), tmp_path / "half")
    weights = load_file(folder / "model.safetensors")
    del weights["blocks.1.attn.qkv.weight"]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(TuningError, match="weights that are all those of its configuration"):
        METHODS["full"].adapt(start_for("full", "half", "picture", folder=folder))
