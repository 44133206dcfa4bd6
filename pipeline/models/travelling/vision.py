"""Vision models of timm's: the classes that they name, and their hidden states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .architecture import unwrapped
from .card import Card
from .layers import Pooled, in_order, positions_at_once
from .pictures import PictureForm
from .vision_networks import has_class_token, has_tokens, patches_in


class VisionModel:
    """A model of timm's that names classes and shows its hidden states."""

    def __init__(self, network: Any, picture: PictureForm, card: Card) -> None:
        self.network = network.eval()
        self.picture = picture
        self.card = card

    @cached_property
    def poolings(self) -> tuple[str, ...]:
        """What ``features`` can do: ``class`` where one token stands for the picture all along."""
        return ("mean", "class") if has_class_token(unwrapped(self.network)) else ("mean",)

    # no inference_mode here: what a network keeps of a pass, ConViT its places, is trained with
    @torch.no_grad()
    def perform(self, items: NDArray[np.uint8], batch_size: int = 64) -> list[str]:
        """Do the task: name the most likely class of each picture."""
        if not self.card.classes:
            raise ValueError(
                "expected output='features' of a model that names no classes; found output='task'. "
                "Say params={'output': 'features'}."
            )
        names: list[str] = []
        for batch in self._batches(items, batch_size):
            names += [self.card.classes[label] for label in self.network(batch).argmax(dim=1)]
        return names

    def features(
        self, items: NDArray[np.uint8], pooling: str = "mean", tokens_at_once: int = 0
    ) -> NDArray[np.float32] | list[NDArray[np.float32]]:
        """Compute one vector a picture and layer: see :meth:`feature_batches`.

        Returns
        -------
        ndarray of float32, shape (n_stimuli, n_layers + 1, n_features)
            Layer 0 is the patch embedding; the last layer is after the final norm. Of a network
            without tokens a list of arrays of shape (n_stimuli, n_features): its layers are
            stages, which differ in width; timm puts the final norm behind every layer of some
            (TNT, CrossViT, VOLO, MLP-Mixer).
        """
        layers = in_order(self.feature_batches(items, pooling, tokens_at_once), len(items))
        same_width = len({layer.shape for layer in layers}) == 1
        return np.stack(layers, axis=1) if same_width else layers

    @torch.no_grad()
    def feature_batches(
        self,
        items: NDArray[np.uint8],
        pooling: str = "mean",
        tokens_at_once: int = 0,
        prompt_positions: str = "out",
    ) -> Iterator[Pooled]:
        """Compute one vector a picture and layer, prompts in place.

        Parameters
        ----------
        items : ndarray of uint8, shape (n_stimuli, height, width, 3)
        pooling : 'mean' or 'class'
            Mean over patches or places, or the class token.
        tokens_at_once : int
            Positions of a batch, a picture at least; 0: what keeps the device busy.
        prompt_positions : 'out' or 'in'
            Whether a mean is over the prompts' positions too, once there are any.

        Yields
        ------
        Pooled
            A batch of pictures.
        """
        most = tokens_at_once or positions_at_once(self.network)
        batch_size = max(1, most // self.n_positions)
        starts = range(0, len(items), batch_size)
        for start, batch in zip(starts, self._batches(items, batch_size), strict=True):
            pooled = self._pooled(batch, pooling, prompt_positions == "in")
            vectors = [vector.float().cpu().numpy() for vector in pooled]
            yield list(range(start, start + len(batch))), vectors

    def last_layer(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Pool the last layer over patches or places, as features are, with its gradients.

        Parameters
        ----------
        batch : mapping of str to Tensor
            ``images``, as the base takes them.

        Returns
        -------
        Tensor, shape (n_pictures, n_features)
        """
        *_, last = self._pooled(batch["images"], "mean", with_prompts=False)
        return last

    @property
    def n_positions(self) -> int:
        """How many tokens of a picture pass the network; of one without tokens, as of a ViT/16."""
        plain = unwrapped(self.network)
        if not has_tokens(plain):
            return max(1, self.picture.size // 16) ** 2
        n_tokens: int = plain.patch_embed.num_patches + plain.num_prefix_tokens
        return n_tokens + self.card.prompt_length

    def _pooled(
        self, batch: torch.Tensor, pooling: str, with_prompts: bool
    ) -> Iterator[torch.Tensor]:
        plain = unwrapped(self.network)
        if not has_tokens(plain):
            for maps in plain.forward_intermediates(
                batch, norm=True, output_fmt="NCHW", intermediates_only=True
            ):
                yield maps.mean(dim=(2, 3))
            return
        yield from pooled_tokens(plain, batch, pooling, with_prompts)

    def _batches(self, items: NDArray[np.uint8], batch_size: int) -> Iterator[torch.Tensor]:
        weights = next(self.network.parameters())
        for start in range(0, len(items), batch_size):
            pictures = self.picture.prepare(items[start : start + batch_size], weights.device)
            yield pictures.to(weights.dtype)


def pooled_tokens(
    network: Any, batch: torch.Tensor, pooling: str, with_prompts: bool = False
) -> list[torch.Tensor]:
    """Pool the tokens before the first block and after each, the last after the final norm.

    Each layer is pooled as soon as it is there: no more than one is held.

    Parameters
    ----------
    network : timm network of tokens
    batch : Tensor, shape (n_pictures, 3, size, size)
    pooling : 'mean' or 'class'
    with_prompts : bool
        Whether a mean is over prompts and patches; the embedding has no prompts yet.

    Returns
    -------
    list of Tensor, each of shape (n_pictures, n_features)
    """
    vectors: list[torch.Tensor] = []
    n_patches = 0
    n_prompts = network.prompt.shape[1] if with_prompts and hasattr(network, "prompt") else 0

    def count(patches: Any) -> None:
        nonlocal n_patches
        n_patches = patches_in(patches, network.embed_dim)

    def read(tokens: torch.Tensor) -> None:
        # class token first, where there is one yet, then prompts, then patches; the embedding has
        # no prompts yet
        n_averaged = n_patches + n_prompts if vectors else n_patches
        pooled = tokens[:, 0] if pooling == "class" else tokens[:, -n_averaged:].mean(dim=1)
        vectors.append(pooled.clone())

    first, *_ = blocks = network.blocks
    hooks = [network.patch_embed.register_forward_hook(lambda _m, _i, patches: count(patches))]
    # in front of the hooks that put prompts in
    hooks += [first.register_forward_pre_hook(lambda _m, inputs: read(inputs[0]), prepend=True)]
    for module in [*blocks[:-1], network.norm]:
        # behind the last block prompts are taken out by a hook: in front of it they are there
        hooks.append(
            module.register_forward_hook(lambda _m, _i, tokens: read(tokens), prepend=with_prompts)
        )
    try:
        network.forward_features(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return vectors
