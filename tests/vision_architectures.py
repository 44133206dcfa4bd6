"""Very small vision networks of every kind, with random weights, in the form of timm's hub."""

import json
from pathlib import Path

import torch

_TOKENS = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3}
#: timm's name of each architecture, and what makes it small.
VISION: dict[str, tuple[str, dict]] = {
    "vit": ("vit_tiny_patch16_224", _TOKENS),
    "deit": ("deit_tiny_distilled_patch16_224", _TOKENS),
    "dinov2": ("vit_small_patch14_reg4_dinov2", {**_TOKENS, "init_values": 0.5}),
    "dinov3": ("vit_small_patch16_dinov3", {**_TOKENS, "init_values": 0.5}),
    "clip": ("vit_base_patch16_clip_224", _TOKENS),
    "siglip": ("vit_base_patch16_siglip_224", _TOKENS),
    "beit": ("beit_base_patch16_224", {**_TOKENS, "init_values": 0.5}),
    "eva": ("eva_giant_patch14_224", _TOKENS),
    "eva02": ("eva02_tiny_patch14_224", _TOKENS),
    "swin": (
        "swin_tiny_patch4_window7_224",
        {
            "img_size": 32,
            "patch_size": 2,
            "window_size": 4,
            "embed_dim": 24,
            "depths": (1, 1),
            "num_heads": (2, 4),
        },
    ),
    "convnext": ("convnext_atto", {"depths": (1, 1, 1, 1), "dims": (16, 24, 32, 48)}),
    "resnet": ("resnet18", {"layers": (1, 1, 1, 1), "channels": (16, 24, 32, 48)}),
}
OF_TOKENS = ("vit", "deit", "dinov2", "dinov3", "clip", "siglip", "beit", "eva", "eva02")
WITHOUT_TOKENS = ("swin", "convnext", "resnet")


def timm_folder(folder, name, settings, input_size=(3, 32, 32)):
    """Lay a network of random weights down in a folder, as a model of timm's lies on the hub."""
    import timm

    torch.manual_seed(0)
    network = timm.create_model(
        name, num_classes=7, pretrained_cfg_overlay={"input_size": input_size}, **settings
    )
    timm.models.save_for_hf(network, folder, model_args=settings, safe_serialization=True)
    path = Path(folder) / "config.json"
    config = json.loads(path.read_text())
    cfg = config["pretrained_cfg"]
    config["pretrained_cfg"] = {name: cfg[name] for name in ("input_size", "mean", "std")}
    path.write_text(json.dumps(config))  # which says nothing of crop or interpolation
    return network.eval()
