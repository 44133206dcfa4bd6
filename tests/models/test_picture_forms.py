"""Pictures are prepared as timm prepares them for the same weights, but for rounding."""

import json

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_model_data_config
from vision_architectures import VISION, timm_folder

from pipeline.models.travelling.pictures import INTERPOLATIONS, picture_form
from pipeline.models.travelling.vision_networks import load_vision_network

SHAPES = [(60, 44), (41, 90), (32, 32), (20, 28)]


def smooth_picture(shape):
    """Draw waves of different lengths, which a resized picture can hold."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    waves = [np.sin(rows / 5 + n) * np.cos(columns / (4 + n)) for n in range(3)]
    return np.round(127.5 * (np.stack(waves, axis=-1) + 1)).astype(np.uint8)


def network_with(folder, **form):
    """Lay a base down whose configuration says in which form it takes pictures."""
    timm_folder(folder, *VISION["vit"])
    config = json.loads((folder / "config.json").read_text())
    config["pretrained_cfg"].update(form)
    (folder / "config.json").write_text(json.dumps(config))
    return load_vision_network(folder, 7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_pictures_are_prepared_as_timm_does(tmp_path, interpolation, crop_mode, shape):
    network = network_with(
        tmp_path / "vit", interpolation=interpolation, crop_pct=0.9, crop_mode=crop_mode
    )
    picture = smooth_picture(shape)
    transform = create_transform(**resolve_model_data_config(network), is_training=False)
    expected = transform(Image.fromarray(picture))
    pixels = picture_form(network).prepare(picture[None])[0]
    a_grey = 1 / 255 / min(network.pretrained_cfg["std"])
    assert pixels.shape == expected.shape
    assert (pixels - expected).abs().max() <= 1.01 * a_grey
    assert (pixels - expected).abs().mean() <= 0.2 * a_grey


def test_a_base_of_timm_is_cropped_as_its_own_configuration_says(tmp_path):
    (tmp_path / "vit").mkdir()
    network = timm.create_model("vit_tiny_patch16_224", img_size=32, depth=1)
    cfg = {**network.pretrained_cfg, "input_size": [3, 32, 32]}
    config = {"architecture": "vit_tiny_patch16_224", "pretrained_cfg": cfg}
    config["model_args"] = {"img_size": 32, "depth": 1}
    (tmp_path / "vit" / "config.json").write_text(json.dumps(config, default=list))
    torch.save(network.state_dict(), tmp_path / "vit" / "pytorch_model.bin")
    form = picture_form(load_vision_network(tmp_path / "vit", 1000))
    assert (form.crop, form.interpolation, form.crop_mode) == (0.9, "bicubic", "center")


def test_a_base_that_says_nothing_of_crop_takes_a_picture_whole(tmp_path):
    timm_folder(tmp_path / "vit", *VISION["vit"])
    form = picture_form(load_vision_network(tmp_path / "vit", 7))
    assert form.crop == 1
    corner = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    corner[:, :4, :4] = 255
    assert form.prepare(corner)[0, :, 0, 0].min() > form.prepare(corner)[0, :, 9, 9].max()
