"""Prefix tuning: learned keys and values in front of those of every self-attention.

The prefix enters where the attention is computed and not through the cache, as PEFT's does, for a
cache is dropped without a word when gradients are checkpointed, and not every head takes one.
Positions of tokens are moved on by the length of the prefix, as in the source.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from ..card import Card
from .places import PLACES, architecture, modules_at

# a copy of this package runs beside others in one process: each registers a name of its own
ATTENTION = f"prefix of {__name__}".replace(".", "_")


class Prefix(nn.Module):
    """Keys and values of every layer, free to learn.

    Parameters
    ----------
    n_layers, n_heads, length, head_width : int
        The parameter ``states`` has shape (n_layers, 2, n_heads, length, head_width): keys, values.
    """

    def __init__(self, n_layers: int, n_heads: int, length: int, head_width: int) -> None:
        super().__init__()
        self.states = nn.Parameter(torch.randn(n_layers, 2, n_heads, length, head_width))

    def layer(self, index: int) -> torch.Tensor:
        """Keys and values of one layer, shape (2, n_heads, length, head_width)."""
        return self.states[index]


class ReparameterisedPrefix(nn.Module):
    """Keys and values that an MLP makes of one embedding a position, while they are learned.

    Parameters
    ----------
    plain : Prefix
        Whose shape is taken.
    width : int
        Hidden units of the MLP.

    References
    ----------
    Liu et al. 2022, P-Tuning v2, §3.3 (Reparameterization).
    """

    def __init__(self, plain: Prefix, width: int) -> None:
        super().__init__()
        self.shape = plain.states.shape
        n_layers, _, n_heads, length, head_width = self.shape
        self.seeds = nn.Parameter(torch.randn(length, n_heads * head_width))
        self.hidden = nn.Linear(n_heads * head_width, width)
        outer = [nn.Linear(width, 2 * n_heads * head_width) for _ in range(n_layers)]
        self.outer = nn.ModuleList(outer)

    def layer(self, index: int) -> torch.Tensor:
        """Keys and values of one layer, shape (2, n_heads, length, head_width)."""
        _, _, n_heads, length, head_width = self.shape
        made: torch.Tensor = self.outer[index](torch.tanh(self.hidden(self.seeds)))
        return made.view(length, 2, n_heads, head_width).permute(1, 2, 0, 3)


def insert_prefix(network: Any, card: Card) -> Any:
    """Put learned keys and values in front of those of every self-attention.

    Parameters
    ----------
    network : transformers model
        Of an architecture with ``self_attention`` in PLACES. Its stack gains a module ``prefix``
        with 2·n_layers·n_features·prompt_length parameters, drawn from a standard normal.
    card : Card
        Says how long.

    Returns
    -------
    The same network.

    References
    ----------
    Li & Liang 2021, Prefix-Tuning; Liu et al. 2022, P-Tuning v2 (deep prompts for BERT types).
    """
    config, stack, places = network.config, network.base_model, PLACES[architecture(network)]
    n_heads = config.num_attention_heads
    head_width = config.hidden_size // n_heads
    put_prefix(network, Prefix(config.num_hidden_layers, n_heads, card.prompt_length, head_width))
    for positions in modules_at(stack, places.positions):
        positions.register_forward_pre_hook(partial(_move_on, card.prompt_length))
    _register_attention()
    network.set_attn_implementation(ATTENTION)
    return network


def put_prefix(network: Any, prefix: Prefix | ReparameterisedPrefix) -> None:
    """Let every self-attention of a network take its keys and values from a prefix."""
    stack = network.base_model
    stack.prefix = prefix
    attentions = modules_at(stack, PLACES[architecture(network)].self_attention)
    for index, attention in enumerate(list(attentions)):
        attention.prefix = partial(prefix.layer, index)


def fold_prefix(network: Any) -> None:
    """Replace a reparameterised prefix by the keys and values that it makes; others stay."""
    made = network.base_model.prefix
    if isinstance(made, Prefix):
        return
    n_layers, _, n_heads, length, head_width = made.shape
    plain = Prefix(n_layers, n_heads, length, head_width).to(made.seeds.device)
    with torch.no_grad():
        plain.states.copy_(torch.stack([made.layer(index) for index in range(n_layers)]))
    put_prefix(network, plain)


def _move_on(length: int, _: Any, args: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    return (args[0] + length,)


def _register_attention() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ATTENTION, _attend_with_prefix)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def _attend_with_prefix(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **settings: Any,
) -> Any:
    """Attend by SDPA to the prefix and to what a mask allows of the tokens.

    Queries have shape (n_texts, n_heads, n_queries, head_width), keys and values those of the
    tokens read so far; the mask is True where (n_texts, 1, n_queries, n_keys) may be attended to.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    keys, values = module.prefix().to(key.dtype).unbind()
    n_queries, n_keys, length = query.shape[2], key.shape[2], keys.shape[1]
    if attention_mask is None and module.is_causal and n_queries > 1:
        seen = torch.ones(n_queries, n_keys, dtype=torch.bool, device=key.device)
        attention_mask = seen.tril(n_keys - n_queries)[None, None]
    if attention_mask is not None:
        attention_mask = nn.functional.pad(attention_mask, (length, 0), value=True)
    return sdpa_attention_forward(
        module,
        query,
        torch.cat([keys.expand(len(key), -1, -1, -1), key], dim=2),
        torch.cat([values.expand(len(key), -1, -1, -1), value], dim=2),
        attention_mask,
        **{**settings, "is_causal": False},
    )
