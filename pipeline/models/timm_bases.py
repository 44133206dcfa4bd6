"""Vision transformers of timm's, laid down as bases; what prompts cannot enter is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, Problem
from pipeline.models.saving import save_vision_base, vit_architecture


def as_vision_base(found: Path, folder: Path) -> Path:
    """Turn a model in timm's own form into a base in this project's form, once.

    Parameters
    ----------
    found : Path
        timm's config.json and model.safetensors.
    folder : Path
        Where the base goes, or is already.

    Raises
    ------
    ConfigError
        When it is not a plain vision transformer: see :func:`refuse_other_than_plain`.
    """
    if (folder / "model.safetensors").is_file():
        return folder
    import timm

    network = timm.create_model(f"local-dir:{found}", pretrained=True).eval()
    refuse_other_than_plain(network)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        save_vision_base(network, Path(name) / "base")
        (Path(name) / "base").rename(folder)  # only now: a base that is half written is none
    return folder


def refuse_other_than_plain(network: Any) -> None:
    """Refuse a timm model that the plain vision transformer of this project cannot stand for.

    Prompts stand after one class token and features are read off after each block, so there must
    be both; and what is rebuilt from the architecture must compute the same.

    Raises
    ------
    ConfigError
        For other families, register tokens, layer scale, pooling without a class token, and
        whatever else makes the rebuilt network differ.
    """
    import torch
    from timm.models.vision_transformer import VisionTransformer

    found = f"{network.pretrained_cfg['architecture']}, a {type(network).__name__}"
    if isinstance(network, VisionTransformer):
        plain = VisionTransformer(**vit_architecture(network), num_classes=network.num_classes)
        shapes = {name: value.shape for name, value in plain.state_dict().items()}
        others = {name: value.shape for name, value in network.state_dict().items()}
        different = sorted({name for name, _ in shapes.items() ^ others.items()})
        if not different:
            plain.load_state_dict(network.state_dict())
            picture = torch.rand(1, 3, *network.patch_embed.img_size)
            with torch.inference_mode():
                if torch.allclose(plain.eval()(picture), network(picture), atol=1e-4):
                    return
        found += f" that differs in {', '.join(different[:3]) or 'how it computes'}"
    raise ConfigError(
        Problem(
            "base",
            "a plain vision transformer: class token, learned positions, GELU, no further tokens",
            found,
            "Choose such a one of timm's, e.g. timm/vit_small_patch16_224.augreg_in21k_ft_in1k.",
        )
    )
