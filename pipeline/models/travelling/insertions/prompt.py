"""Prompt tuning: learned input embeddings in front of a text, whatever is read off its tokens.

The prompt takes part in every layer, as tokens do; what leaves the network is states of tokens
alone, so that heads, losses and features find each token at its own place. (PEFT's prompt tuning
lets a BERT pool a prompt position, and a GPT-2 classifier read the state of a padding token.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ..card import Card


def insert_prompt(network: Any, card: Card) -> Any:
    """Put a learned prompt in front of the text that a network reads.

    Parameters
    ----------
    network : transformers model
        Its encoder (of an encoder-decoder) or else its whole stack gains a parameter ``prompt`` of
        shape (prompt_length, n_features), drawn uniformly from ±0.5.
    card : Card
        Says how long.

    Returns
    -------
    The same network.

    References
    ----------
    Lester et al. 2021, The Power of Scale for Parameter-Efficient Prompt Tuning, §2.1.
    """
    reader = reader_of(network)
    width = reader.get_input_embeddings().weight.shape[1]
    reader.prompt = nn.Parameter(torch.empty(card.prompt_length, width).uniform_(-0.5, 0.5))
    reader.gives_out_prompt = False
    reader.register_forward_pre_hook(_put_in_front, with_kwargs=True)
    if network.config.is_encoder_decoder:
        network.get_decoder().register_forward_pre_hook(_see_whole_encoder, with_kwargs=True)
        return network
    reader.register_forward_hook(_keep_tokens, with_kwargs=True)
    pooler = getattr(reader, "pooler", None)
    if isinstance(pooler, nn.Linear):  # ALBERT's is given one state, taken before it is called
        reader.encoder.register_forward_hook(_Behind(reader).cut_last)
    elif pooler is not None:
        pooler.register_forward_pre_hook(_Behind(reader))
    return network


@contextmanager
def prompt_given_out(network: Any) -> Iterator[None]:
    """Let states of the prompt leave the network in front of those of tokens."""
    reader = reader_of(network)
    reader.gives_out_prompt = True
    try:
        yield
    finally:
        reader.gives_out_prompt = False


def reader_of(network: Any) -> Any:
    """Find the part of a network that reads the text: an encoder, or a stack without its head.

    OPT's heads call the decoder within its stack, past the stack itself.
    """
    if network.config.is_encoder_decoder:
        return network.get_encoder()
    return getattr(network.base_model, "decoder", network.base_model)


def _put_in_front(reader: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Lengthen everything that a stack is given by the prompt."""
    inputs = dict(kwargs)
    if args:
        inputs["input_ids"] = args[0]
    cache = inputs.get("past_key_values")
    if cache is not None and cache.get_seq_length() > 0:
        return (), _behind_cache(inputs, cache.get_seq_length())
    tokens, length = inputs.pop("input_ids"), len(reader.prompt)
    embedded = reader.get_input_embeddings()(tokens)
    prompt = reader.prompt.to(embedded.dtype).expand(len(tokens), -1, -1)
    inputs["inputs_embeds"] = torch.cat([prompt, embedded], dim=1)
    for name, filler in (("attention_mask", 1), ("token_type_ids", 0)):
        if inputs.get(name) is not None:
            inputs[name] = _lengthened(inputs[name], length, filler)
    positions = inputs.get("position_ids")
    if positions is not None:
        own = torch.arange(length, device=positions.device).expand(len(positions), -1)
        inputs["position_ids"] = torch.cat([own, positions + length], dim=1)
    return (), inputs


def _behind_cache(inputs: dict[str, Any], n_cached: int) -> dict[str, Any]:
    """Count the prompt in the cache where the caller, like ``generate``, counts tokens alone."""
    mask, positions = inputs.get("attention_mask"), inputs.get("position_ids")
    read = n_cached + inputs["input_ids"].shape[1]
    counted = dict(inputs)
    if mask is not None:
        missing = read - mask.shape[1]
        counted["attention_mask"] = _lengthened(mask, missing, 1)
    elif positions is not None:  # no mask, no padding: the last token is the last of those read
        missing = read - 1 - int(positions.max())
    if positions is not None:
        counted["position_ids"] = positions + missing
    return counted


def _lengthened(values: torch.Tensor, length: int, filler: int) -> torch.Tensor:
    return torch.cat([values.new_full((len(values), length), filler), values], dim=1)


def _keep_tokens(reader: Any, _: Any, kwargs: dict[str, Any], output: Any) -> Any:
    if kwargs.get("inputs_embeds") is None or reader.gives_out_prompt:
        return output
    n_tokens = kwargs["inputs_embeds"].shape[1] - len(reader.prompt)
    output.last_hidden_state = output.last_hidden_state[:, -n_tokens:]
    if output.hidden_states is not None:
        output.hidden_states = tuple(states[:, -n_tokens:] for states in output.hidden_states)
    return output


class _Behind:
    """Keeps what comes behind the prompt; as a hook, of the first thing that a module is given."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def cut(self, states: torch.Tensor) -> torch.Tensor:
        return states[:, len(self.reader.prompt) :]

    def cut_last(self, _: Any, __: tuple[Any, ...], output: Any) -> Any:
        if not self.reader.gives_out_prompt:
            output.last_hidden_state = self.cut(output.last_hidden_state)
        return output

    def __call__(self, _: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.cut(args[0]), *args[1:])


def _see_whole_encoder(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Let a decoder attend to the states of the prompt too."""
    mask, states = kwargs.get("encoder_attention_mask"), kwargs.get("encoder_hidden_states")
    if mask is None or states is None or mask.shape[1] == states.shape[1]:
        return args, kwargs
    missing = states.shape[1] - mask.shape[1]
    return args, {**kwargs, "encoder_attention_mask": _lengthened(mask, missing, 1)}
