"""Vision bases that look like a ViT, or like a classifier, and are built otherwise."""

import json

import numpy as np
import pytest
import torch
from starts import examples_of, start_for
from vision_architectures import timm_folder

from pipeline.errors import TuningError
from pipeline.models.travelling.card import Card, base_digest
from pipeline.models.travelling.loading import load_untouched
from pipeline.models.travelling.vision_networks import has_class_token, outline_of
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS

_SMALL = {"img_size": 32, "embed_dim": 48, "depth": 2, "num_heads": 3}
_PATCHES = {**_SMALL, "patch_size": 8}
#: Their class token comes in behind the blocks, or behind the first of them.
LATE = {
    "cait": ("cait_xxs24_224", _PATCHES),
    "xcit": ("xcit_nano_12_p8_224", _SMALL),
    "convit": ("convit_tiny", {**_PATCHES, "local_up_to_layer": 1}),
}
HYBRID = {**_SMALL, "img_size": 64}
PICTURES = examples_of("picture")


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    made = {}

    def find(name, settings):
        key = name, json.dumps(settings)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("base") / name
            size = settings.get("img_size", 32)
            timm_folder(made[key], name, settings, (3, size, size))
        return made[key]

    return find


def untouched(folder):
    digest = base_digest(folder)
    return load_untouched(folder, Card("b", digest, "image", "none", "base", "nothing", "features"))


def take_a_step(model):
    trained = [p for p in model.network.parameters() if p.requires_grad]
    items, collate = prepare(model, PICTURES)
    model.network.train()
    loss = form_of(model.card).loss(model.network, collate([items[n] for n in range(2)]))
    loss.backward()
    torch.optim.SGD(trained, 0.1).step()
    return loss.item()


@pytest.mark.parametrize("kind", LATE)
def test_a_mean_is_over_all_patches_where_the_class_token_comes_late(folder_of, kind):
    model = untouched(folder_of(*LATE[kind]))
    for positions in ("out", "in"):
        ((_, layers),) = model.feature_batches(PICTURES.images, prompt_positions=positions)
        with torch.no_grad():
            batch = model.picture.prepare(PICTURES.images)
            maps = model.network.forward_intermediates(batch, intermediates_only=True)
            last = model.network.forward_features(batch)[:, 1:]
        np.testing.assert_allclose(layers[1], maps[0].mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layers[-1], last.mean(dim=1), rtol=1e-4, atol=1e-5)
        assert len(layers) == len(model.network.blocks) + 1


@pytest.mark.parametrize("kind", LATE)
def test_a_class_token_that_comes_late_is_none_to_pool_by_or_to_put_prompts_behind(folder_of, kind):
    folder = folder_of(*LATE[kind])
    assert untouched(folder).poolings == ("mean",)
    assert not has_class_token(outline_of(folder))
    for method in ("vpt-shallow", "vpt-deep"):
        with pytest.raises(TuningError, match=f"the class token among them.*{kind}, a {kind}_"):
            METHODS[method].adapt(start_for(method, kind, "picture", folder=folder))


def test_what_a_network_keeps_of_its_self_test_can_be_trained_with(folder_of):
    folder = folder_of(*LATE["convit"])
    model = METHODS["full"].adapt(start_for("full", "convit", "picture", folder=folder))
    assert np.isfinite(take_a_step(model))
    model.perform(PICTURES.images)
    assert np.isfinite(take_a_step(model))


def test_biases_of_group_norms_are_trained_alone(folder_of):
    folder = folder_of("vit_tiny_r_s16_p8_224", HYBRID)
    start = start_for("bitfit", "hybrid", "picture", folder=folder)
    assert np.isfinite(take_a_step(METHODS["bitfit"].adapt(start)))


def test_a_network_that_pools_nothing_is_refused_before_training(folder_of):
    folder = folder_of("vit_tiny_patch16_224", {**_PATCHES, "global_pool": "", "class_token": True})
    start = start_for("full", "unpooled", "picture", folder=folder)
    with pytest.raises(TuningError, match=r"output is of shape \(17, \d+\), not a value for each"):
        METHODS["full"].adapt(start)


def test_an_encoder_without_a_head_has_features_and_is_not_tuned(tmp_path):
    import timm

    settings = {**_PATCHES, "num_heads": 3}
    network = timm.create_model("deepseek_vit_412m_enc", global_pool="avg", **settings)
    settings["global_pool"] = "avg"
    timm.models.save_for_hf(network, tmp_path, model_args=settings, safe_serialization=True)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    config["pretrained_cfg"]["input_size"] = [3, 32, 32]
    path.write_text(json.dumps(config))
    assert untouched(tmp_path).features(PICTURES.images).shape == (6, 3, 48)
    with pytest.raises(TuningError, match="one that timm has a network of for classification"):
        METHODS["full"].adapt(start_for("full", "deepseek", "picture", folder=tmp_path))
