"""From a folder in timm's form to a vision network, by the name of its architecture."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .architecture import remember_base, unwrapped

CONFIG = "config.json"
_OF_TOKENS = ("blocks", "norm", "num_prefix_tokens", "patch_embed", "embed_dim")


def load_vision_network(folder: Path, n_classes: int) -> Any:
    """Load a model of timm's, with a head for ``n_classes`` (new unless it was saved).

    Raises
    ------
    RuntimeError
        When the weights are not all those of the architecture.
    """
    # with the classes that its weights have: then all of them are asked for
    network = _create(folder, pretrained=True)
    if network.num_classes != n_classes:
        _renew_head(network, n_classes)
    return _settled(network, _head_names(network))


def random_vision_network(folder: Path, n_classes: int) -> Any:
    """Make a model of timm's like the one in a folder, at random weights; its own are not read."""
    network = _create(folder, pretrained=False)
    _renew_head(network, n_classes)
    return _settled(network, set(network.state_dict()))


def outline_of(folder: Path) -> Any:
    """Make the modules of a folder's architecture, without any weights; to be looked at only."""
    return _outline(folder, (folder / CONFIG).read_bytes())


@lru_cache(maxsize=8)
def _outline(folder: Path, _: bytes) -> Any:
    with torch.device("meta"):
        return _create(folder, pretrained=False)


def has_tokens(network: Any) -> bool:
    """Say whether a vision network passes tokens through blocks of one width, as ViT does."""
    return all(hasattr(network, part) for part in _OF_TOKENS)


def has_class_token(network: Any) -> bool:
    """Say whether one token stands for the whole picture in every block."""
    return getattr(network, "cls_token", None) is not None and has_prefix_in_blocks(network)


@torch.no_grad()
def has_prefix_in_blocks(network: Any) -> bool:
    """Say whether class token and registers go through every block before the patches, as in ViT.

    CaiT and XCiT put the class token in behind their blocks, ConViT between two of them. What
    reaches the first block is counted: nothing further is computed.
    """
    if not has_tokens(network):
        return False
    weights = next(network.parameters())
    size = network.pretrained_cfg["input_size"]
    picture = torch.zeros(1, *size, dtype=weights.dtype, device=weights.device)
    n_patches = n_tokens = 0

    def count_patches(_module: Any, _inputs: Any, patches: Any) -> None:
        nonlocal n_patches
        n_patches = patches_in(patches, network.embed_dim)

    def count_tokens(_module: Any, inputs: tuple[torch.Tensor]) -> None:
        nonlocal n_tokens
        n_tokens = inputs[0].shape[1]
        raise _EndOfPassError

    first, *_ = network.blocks
    # in front of the hooks that put prompts in
    hooks = [
        network.patch_embed.register_forward_hook(count_patches),
        first.register_forward_pre_hook(count_tokens, prepend=True),
    ]
    try:
        network.forward_features(picture)
    except _EndOfPassError:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return n_tokens == n_patches + int(network.num_prefix_tokens)


def patches_in(embedded: Any, width: int) -> int:
    """Count the patches of a picture in what a patch embedding gives, a map or a sequence."""
    patches = embedded[0] if isinstance(embedded, tuple) else embedded
    return int(patches.numel()) // (len(patches) * width)


class _EndOfPassError(Exception):
    """Ends a forward pass."""


def classifier_names(network: Any) -> tuple[str, ...]:
    """Name the modules of a timm network that name classes: two in a distilled DeiT.

    An encoder that timm gives no head has none.
    """
    classifier = network.get_classifier() if hasattr(network, "get_classifier") else ()
    parts = classifier if isinstance(classifier, tuple) else (classifier,)
    named = network.named_modules()
    return tuple(name for name, module in named if any(module is part for part in parts))


def configuration(network: Any) -> dict[str, Any]:
    """Describe a network so that timm makes another like it.

    A folder can name its classes in three places, and timm prefers the arguments of the model.
    """
    plain = unwrapped(network)
    described = dict(plain.own_config)
    classes = {"num_classes": plain.num_classes}
    cfg = {**described.get("pretrained_cfg", {}), **classes}
    arguments = described.get("model_args", {})
    if "num_classes" in arguments:
        described["model_args"] = {**arguments, **classes}
    return {**described, **classes, "pretrained_cfg": cfg}


def _create(folder: Path, pretrained: bool) -> Any:
    import timm

    network = timm.create_model(f"local-dir:{folder}", pretrained=pretrained).eval()
    network.own_config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return network


def _renew_head(network: Any, n_classes: int) -> None:
    """Put a new head on, at the start that timm gives those of its vision transformers."""
    network.reset_classifier(n_classes)
    for name in classifier_names(network):
        head = network.get_submodule(name)
        if isinstance(head, nn.Linear):
            nn.init.trunc_normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)


def _head_names(network: Any) -> set[str]:
    heads = tuple(f"{name}." for name in classifier_names(network))
    return {name for name in network.state_dict() if name.startswith(heads)}


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """Stand in for ``train`` of a module that stays in evaluation mode."""
    return nn.Module.train(module, False)


def _settled(network: Any, new: set[str]) -> Any:
    """Note what the base brought; its batch norms keep the statistics that they have.

    Those of a few small batches would take their place in training, and no part stores them.
    """
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            setattr(module, "train", partial(_stay, module))  # noqa: B010 (a method of its own)
    return remember_base(network.eval(), new)
