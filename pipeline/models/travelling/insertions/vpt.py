"""Visual prompt tuning: learned tokens among those of a picture, in a backbone that stays as it is.

The backbone stays in evaluation mode while its prompts are trained, as in the source: dropout and
stochastic depth never switch on. Prompts stand behind the class token and registers, and leave
before patches are pooled.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from ..card import Card
from ..vision_networks import classifier_names


def insert_shallow_prompts(vit: Any, card: Card) -> Any:
    """Give a network of tokens learnable prompt tokens after its class token (VPT-shallow).

    Parameters
    ----------
    vit : timm VisionTransformer, Eva, …
        Gains a parameter ``prompt`` of shape (1, prompt_length, n_features), drawn uniformly from
        ±sqrt(6 / (3·patch² + n_features)).
    card : Card
        Says how many.

    Returns
    -------
    The same network.

    References
    ----------
    Jia et al. 2022, Visual Prompt Tuning, Eq. 4; the bound is their Xavier-uniform start.
    """
    vit.prompt = _drawn(vit, 1, card.prompt_length)
    vit.blocks[0].register_forward_pre_hook(partial(_put_in, vit))
    return _among_tokens(vit)


def insert_deep_prompts(vit: Any, card: Card) -> Any:
    """Give every block of a network of tokens prompt tokens of its own (VPT-deep).

    What a block made of its prompts does not reach the next one: fresh ones take their places.

    Parameters
    ----------
    vit : timm VisionTransformer, Eva, …
        Gains a parameter ``prompt`` of shape (n_layers, prompt_length, n_features), drawn as those
        of VPT-shallow.
    card : Card
        Says how many for each block.

    Returns
    -------
    The same network.

    References
    ----------
    Jia et al. 2022, Visual Prompt Tuning, Eq. 5.
    """
    vit.prompt = _drawn(vit, len(vit.blocks), card.prompt_length)
    vit.blocks[0].register_forward_pre_hook(partial(_put_in, vit))
    for layer, block in enumerate(vit.blocks[1:], start=1):
        block.register_forward_pre_hook(partial(_replace, vit, layer))
    return _among_tokens(vit)


def _drawn(vit: Any, n_layers: int, length: int) -> nn.Parameter:
    patch = vit.patch_embed.patch_size[0]
    bound = (6 / (3 * patch**2 + vit.embed_dim)) ** 0.5
    return nn.Parameter(torch.empty(n_layers, length, vit.embed_dim).uniform_(-bound, bound))


def _put_in(vit: Any, _: Any, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    tokens, place = arguments[0], vit.num_prefix_tokens
    return (torch.cat([tokens[:, :place], _prompts(vit, 0, tokens), tokens[:, place:]], dim=1),)


def _replace(vit: Any, layer: int, _: Any, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    tokens, place = arguments[0], vit.num_prefix_tokens
    prompts = _prompts(vit, layer, tokens)
    behind = tokens[:, place + prompts.shape[1] :]
    return (torch.cat([tokens[:, :place], prompts, behind], dim=1),)


def _prompts(vit: Any, layer: int, tokens: torch.Tensor) -> torch.Tensor:
    prompts: torch.Tensor = vit.prompt[layer].to(tokens.dtype).expand(len(tokens), -1, -1)
    return prompts


def _among_tokens(vit: Any) -> Any:
    """Let prompts turn no place and enter no pooling, and keep the backbone in evaluation mode."""
    length = vit.prompt.shape[1]
    for module in vit.blocks.modules():
        if hasattr(module, "num_prefix_tokens"):  # rotary positions are those of patches alone
            module.num_prefix_tokens += length
    vit.norm.register_forward_hook(partial(_take_out, vit))
    vit.train = partial(_train_head_alone, vit)
    return vit


def _take_out(vit: Any, _: Any, __: Any, tokens: torch.Tensor) -> torch.Tensor:
    place = vit.num_prefix_tokens
    return torch.cat([tokens[:, :place], tokens[:, place + vit.prompt.shape[1] :]], dim=1)


def _train_head_alone(vit: Any, mode: bool = True) -> Any:
    """Stand in for ``train`` of a network whose backbone stays in evaluation mode."""
    nn.Module.train(vit, False)
    for name in classifier_names(vit):
        vit.get_submodule(name).train(mode)
    return vit
