"""Lays a tuned model down in the folder that the travelling package reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.models.travelling.card import Card
from pipeline.models.travelling.loading import TunedModel
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
        if model.card.storage != "nothing":
            _save_text_weights(model.network, model.card, folder / "weights")
    elif model.card.storage == "whole":
        _save_vit(model.network, model.picture, folder / "weights")
    else:
        _save_vision_part(model.network, folder / "weights")


def _save_text_weights(network: Any, card: Card, folder: Path) -> None:
    if card.storage == "whole":
        network.save_pretrained(folder)
        return
    # PEFT would note the directory on this machine from which the base was loaded
    for config in network.peft_config.values():
        config.base_model_name_or_path = card.base
    network.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty form of a model card


def _save_vision_part(network: Any, folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir()
    part = {
        name: value.detach().contiguous().cpu()
        for name, value in network.state_dict().items()
        if name == "prompt" or name.startswith("head.")
    }
    save_file(part, folder / "model.safetensors")


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
    state = {name: value.contiguous().cpu() for name, value in network.state_dict().items()}
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
    _save_vit(network, PictureForm(size, tuple(data["mean"]), tuple(data["std"])), folder)
