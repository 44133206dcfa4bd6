"""Visual prompt tuning: learned tokens among those of a picture."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..card import Card


def insert_shallow_prompts(vit: Any, card: Card) -> Any:
    """Give a timm ViT learnable prompt tokens after its class token (VPT-shallow).

    Parameters
    ----------
    vit : timm VisionTransformer
        Gains a parameter ``prompt`` of shape (1, prompt_length, n_features), drawn uniformly from
        ±sqrt(6 / (3·patch² + n_features)).
    card : Card
        Says how many.

    Returns
    -------
    timm VisionTransformer
        The same.

    References
    ----------
    Jia et al. 2022, Visual Prompt Tuning, Eq. 4; the bound is their Xavier-uniform start.
    """
    length = card.prompt_length
    patch = vit.patch_embed.patch_size[0]
    bound = (6 / (3 * patch**2 + vit.embed_dim)) ** 0.5
    vit.prompt = nn.Parameter(torch.empty(1, length, vit.embed_dim).uniform_(-bound, bound))
    prefix = vit.num_prefix_tokens

    def put_in(block: nn.Module, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        tokens = arguments[0]
        prompt = vit.prompt.expand(len(tokens), -1, -1)
        return (torch.cat([tokens[:, :prefix], prompt, tokens[:, prefix:]], dim=1),)

    vit.blocks[0].register_forward_pre_hook(put_in)
    return vit
