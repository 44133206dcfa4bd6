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
        self.dropout = nn.Dropout(0.0)  # a method may raise it for training

    def layer(self, index: int) -> torch.Tensor:
        """Keys and values of one layer, shape (2, n_heads, length, head_width)."""
        states: torch.Tensor = self.dropout(self.states[index])
        return states


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
        self.dropout = nn.Dropout(plain.dropout.p)

    def layer(self, index: int) -> torch.Tensor:
        """Keys and values of one layer, shape (2, n_heads, length, head_width)."""
        _, _, n_heads, length, head_width = self.shape
        made: torch.Tensor = self.outer[index](torch.tanh(self.hidden(self.seeds)))
        states: torch.Tensor = self.dropout(made)
        return states.view(length, 2, n_heads, head_width).permute(1, 2, 0, 3)


def insert_prefix(network: Any, card: Card) -> Any:
    """Put learned keys and values in front of those of every self-attention.

    Parameters
    ----------
    network : transformers model
        Of an architecture with ``self_attention`` in PLACES. Its stack gains a module ``prefix``
        with 2·n_layers·n_features·prompt_length parameters, drawn from a standard normal. Where
        heads share keys and values, n_features are those of these; an encoder-decoder has the
        layers of both.
    card : Card
        Says how long.

    Returns
    -------
    The same network.

    References
    ----------
    Li & Liang 2021, Prefix-Tuning; Liu et al. 2022, P-Tuning v2 (deep prompts for BERT types).
    """
    places = PLACES[architecture(network)]
    n_layers = len(list(modules_at(network.base_model, places.self_attention)))
    n_heads, head_width = _heads(network.config)
    put_prefix(network, Prefix(n_layers, n_heads, card.prompt_length, head_width))
    for positions in modules_at(network.base_model, places.positions) if places.positions else ():
        move = partial(_move_on, card.prompt_length)
        positions.register_forward_pre_hook(move, with_kwargs=True)
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


def _heads(config: Any) -> tuple[int, int]:
    """Say how many heads keys have in each layer, and how wide they are."""
    n_heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or getattr(config, "d_kv", None)
    n_key_heads = getattr(config, "num_key_value_heads", None) or n_heads
    return n_key_heads, width or config.hidden_size // n_heads


def _move_on(length: int, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Move positions on: those that are named so, or else what comes second, or alone."""
    if kwargs.get("position_ids") is not None:
        return args, {**kwargs, "position_ids": kwargs["position_ids"] + length}
    place = min(1, len(args) - 1)
    return (*args[:place], args[place] + length, *args[place + 1 :]), kwargs


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
    Attention to an encoder has no prefix. A T5's biases by distance are 0 for what has no place.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if not hasattr(module, "prefix"):
        return sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
    keys, values = module.prefix().to(key.dtype).unbind()
    n_queries, n_keys, length = query.shape[2], key.shape[2], keys.shape[1]
    if attention_mask is None and getattr(module, "is_causal", False) and n_queries > 1:
        seen = torch.ones(n_queries, n_keys, dtype=torch.bool, device=key.device)
        attention_mask = seen.tril(n_keys - n_queries)[None, None]
    if attention_mask is not None:
        attention_mask = nn.functional.pad(attention_mask, (length, 0), value=True)
    bias = settings.get("position_bias")
    if bias is not None:
        settings = {**settings, "position_bias": nn.functional.pad(bias, (length, 0))}
    return sdpa_attention_forward(
        module,
        query,
        torch.cat([keys.expand(len(key), -1, -1, -1), key], dim=2),
        torch.cat([values.expand(len(key), -1, -1, -1), value], dim=2),
        attention_mask,
        **{**settings, "is_causal": False},
    )
