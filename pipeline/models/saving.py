"""Lays a tuned model down in the folder that the travelling package reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.models.travelling.architecture import remember_base, unwrapped
from pipeline.models.travelling.loading import INSERTED, TunedModel
from pipeline.models.travelling.parts import save_part, whole_of
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import PictureForm


def save_tuned(model: TunedModel, folder: Path) -> None:
    """Write card, weights and tokenizer; of the weights only what the card says is stored.

    Parameters
    ----------
    model : TextModel or VisionModel
    folder : Path
        New or empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.card.write(folder)
    if isinstance(model, TextModel):
        model.tokenizer.save_pretrained(folder / "tokenizer")
    network, card, weights = model.network, model.card, folder / "weights"
    if card.storage == "part":
        save_part(network, card, weights)
    elif card.storage == "whole":
        if isinstance(model, TextModel):
            unwrapped(network).save_pretrained(weights, state_dict=whole_of(network))
        else:
            _save_vit(network, model.picture, weights)
        if card.insertion:
            save_part(network, card, weights / INSERTED, trained=False)


def _save_vit(network: Any, picture: PictureForm, folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    config = {
        "architecture": vit_architecture(network),
        "size": picture.size,
        "mean": picture.mean,
        "std": picture.std,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    state = {name: value.contiguous().cpu() for name, value in whole_of(network).items()}
    save_file(state, folder / "model.safetensors")


def vit_architecture(network: Any) -> dict[str, Any]:
    """Read off a plain timm ViT the constructor arguments that make another like it."""
    block = network.blocks[0]
    return {
        "img_size": network.patch_embed.img_size[0],
        "patch_size": network.patch_embed.patch_size[0],
        "embed_dim": network.embed_dim,
        "depth": len(network.blocks),
        "num_heads": block.attn.num_heads,
        "mlp_ratio": block.mlp.fc1.out_features / network.embed_dim,
        "global_pool": "token",
    }


def save_vision_base(network: Any, folder: Path) -> None:
    """Lay a pretrained plain timm ViT down as a base."""
    data = network.pretrained_cfg
    size = data["input_size"][-1]
    picture = PictureForm(size, tuple(data["mean"]), tuple(data["std"]))
    _save_vit(remember_base(network, set()), picture, folder)
