"""Bottleneck adapters: small networks behind each attention and each MLP of a frozen one."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..card import Card
from .places import PLACES, architecture, modules_at


class Adapter(nn.Module):
    """``h + up(gelu(down(h)))``, nearly the identity at its start.

    Parameters
    ----------
    n_features : int
        Width d of the hidden states.
    width : int
        Units m of the bottleneck; an adapter has 2·d·m + m + d parameters.
    """

    def __init__(self, n_features: int, width: int) -> None:
        super().__init__()
        self.down = nn.Linear(n_features, width)
        self.up = nn.Linear(width, n_features)
        for layer in (self.down, self.up):
            nn.init.trunc_normal_(layer.weight, std=0.01, a=-0.02, b=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Adapt hidden states of shape (…, n_features)."""
        added: torch.Tensor = self.up(nn.functional.gelu(self.down(states)))
        return states + added


def insert_adapters(network: Any, card: Card) -> Any:
    """Put an adapter behind every self-attention and every MLP, before the residual is added.

    Parameters
    ----------
    network : transformers model or timm network of tokens
        Gains 2 adapters a layer (a decoder's attention to its encoder gets none).
    card : Card
        Says how wide they are.

    Returns
    -------
    The same network.

    References
    ----------
    Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP, Fig. 2 and §3.6 (the start).
    """
    n_features = network.embed_dim if architecture(network) == "vit" else _width(network.config)
    for module in list(modules_at(network, PLACES[architecture(network)].after_sublayers)):
        module.adapter = Adapter(n_features, card.adapter_width)
        module.register_forward_hook(_adapt)
    return network


def _width(config: Any) -> int:
    return int(config.hidden_size)


def _adapt(module: Any, _: Any, output: Any) -> Any:
    if isinstance(output, tuple):  # an attention also gives its weights
        return (module.adapter(output[0]), *output[1:])
    return module.adapter(output)
