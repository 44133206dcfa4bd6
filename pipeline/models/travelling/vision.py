"""Vision transformers: the classes that they name, their hidden states, and how they are loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .architecture import remember_base
from .card import Card
from .torchvision_on_cpu import declare_torchvision_operators


class VisionModel:
    """A vision transformer that names classes and shows its hidden states."""

    poolings = ("mean", "class")

    def __init__(self, network: Any, picture: PictureForm, card: Card) -> None:
        self.network = network.eval()
        self.picture = picture
        self.card = card

    @torch.inference_mode()
    def perform(self, items: NDArray[np.uint8], batch_size: int = 64) -> list[str]:
        """Do the task: name the most likely class of each picture."""
        names: list[str] = []
        for batch in self._batches(items, batch_size):
            names += [self.card.classes[label] for label in self.network(batch).argmax(dim=1)]
        return names

    @torch.inference_mode()
    def features(
        self, items: NDArray[np.uint8], pooling: str = "mean", batch_size: int = 64
    ) -> NDArray[np.float32]:
        """Compute one vector a picture and layer, prompts in place but their positions dropped.

        Parameters
        ----------
        items : ndarray of uint8, shape (n_stimuli, height, width, 3)
        pooling : 'mean' or 'class'
            Mean over the patches, or the class token.
        batch_size : int

        Returns
        -------
        ndarray of float32, shape (n_stimuli, n_layers + 1, n_features)
            Layer 0 is the patch embedding; the last layer is after the final norm.
        """
        n_patches = self.network.patch_embed.num_patches
        pooled = []
        for batch in self._batches(items, batch_size):
            states = _vit_states(self.network, batch)
            # class token first, then prompts, then patches: counting from the end drops prompts
            vectors = [
                state[:, 0] if pooling == "class" else state[:, -n_patches:].mean(dim=1)
                for state in states
            ]
            pooled.append(torch.stack(vectors, dim=1).float().cpu().numpy())
        return np.concatenate(pooled)

    def _batches(self, items: NDArray[np.uint8], batch_size: int) -> Iterator[torch.Tensor]:
        device = next(self.network.parameters()).device
        for start in range(0, len(items), batch_size):
            yield self.picture.prepare(items[start : start + batch_size]).to(device)


@dataclass(frozen=True)
class PictureForm:
    """The form in which a vision base takes pictures: size, and mean and spread of each colour."""

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def prepare(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn (n, height, width, 3) bytes into the (n, 3, size, size) floats a base expects."""
        pixels = torch.tensor(np.asarray(images)).permute(0, 3, 1, 2).float() / 255
        if pixels.shape[-2:] != (self.size, self.size):
            pixels = nn.functional.interpolate(
                pixels, (self.size, self.size), mode="bilinear", antialias=True
            )
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return (pixels - mean) / std


def _vit_states(vit: Any, batch: torch.Tensor) -> list[torch.Tensor]:
    """Tokens before the first block and after each; the last after the final norm."""
    states: list[torch.Tensor] = []
    # the embedding is read off before the prompts enter, hence from norm_pre and not from a block
    modules = [vit.norm_pre, *vit.blocks[:-1], vit.norm]
    hooks = [m.register_forward_hook(lambda _m, _i, out: states.append(out)) for m in modules]
    try:
        vit.forward_features(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return states


def load_vision_base(folder: Path, n_classes: int) -> tuple[Any, PictureForm]:
    """Load a timm ViT from a folder, with a head for ``n_classes`` (new unless it was saved)."""
    from safetensors.torch import load_file

    network, picture = random_vision_base(folder, n_classes)
    weights = load_file(folder / "model.safetensors")
    if len(weights.get("head.bias", ())) != n_classes:  # a head for other classes is of no use
        weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    if unexpected or any(not name.startswith("head.") for name in missing):
        raise ValueError(f"{folder}: weights do not fit: missing {missing}, extra {unexpected}")
    remember_base(network, {"head.weight", "head.bias"})
    return network, picture


def random_vision_base(folder: Path, n_classes: int) -> tuple[Any, PictureForm]:
    """Make a timm ViT like the one in a folder, at random weights; its own are not read."""
    declare_torchvision_operators()
    from timm.models.vision_transformer import VisionTransformer

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    network = VisionTransformer(**config["architecture"], num_classes=n_classes)
    remember_base(network, set(network.state_dict()))
    return network, PictureForm(config["size"], tuple(config["mean"]), tuple(config["std"]))
