"""Greedy writing, the same for a text alone as for one in a batch of texts of other lengths."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from .architecture import unwrapped


def greedy_settings(network: Any, end: int, padding: int) -> Any:
    """Make the settings of ``generate`` with which a network writes as it was trained to.

    A checkpoint's own may force a first token, forbid repeats, or weigh several answers.

    Parameters
    ----------
    network : transformers model
    end, padding : int
        The token after which a text is finished, and the one for padding.
    """
    from transformers import GenerationConfig

    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        eos_token_id=end,
        pad_token_id=padding,
        bos_token_id=getattr(network.config, "bos_token_id", None),
        decoder_start_token_id=getattr(network.config, "decoder_start_token_id", None),
    )


def continue_texts(
    network: Any, batch: Mapping[str, torch.Tensor], longest: int, end: int
) -> list[list[int]]:
    """Let a decoder write on after each text of a batch, always the likeliest token.

    Padding stands on the right, where it moves no position and nothing attends to it; what is
    written then stands beyond the padding, at the positions that follow its own text. (Padding in
    front would stand between a prompt and its text.)

    Parameters
    ----------
    network : Module
        Causal language model; a prompt or prefix in it is computed once, with the texts.
    batch : mapping of str to Tensor
        ``input_ids`` and ``attention_mask``, padded on the right.
    longest : int
        Most tokens to write.
    end : int
        The token after which a text is finished.

    Returns
    -------
    list of list of int
        Tokens of each text, without the end.
    """
    plain = unwrapped(network)
    accepted = inspect.signature(plain.forward).parameters
    mask, lengths = batch["attention_mask"], batch["attention_mask"].sum(dim=1)
    keep = {"logits_to_keep": 1} if "logits_to_keep" in accepted else {}
    read = network(input_ids=batch["input_ids"], attention_mask=mask, use_cache=True, **keep)
    cache: Any = getattr(read, "past_key_values", None)
    if not _is_plain(cache):
        return _continue_alone(plain, batch, longest, end)
    in_front = cache.get_seq_length() - mask.shape[1]
    rows = torch.arange(len(mask), device=mask.device)
    # every text's last token is read again, as if it were the first one written: that gives the
    # logits behind texts of different lengths without computing those of all other positions
    token = batch["input_ids"][rows, lengths - 1]
    seen = mask.clone()
    seen[rows, lengths - 1] = 0
    seen = torch.cat([seen.new_ones(len(seen), in_front), seen], dim=1)
    position = in_front + lengths - 1
    answers = torch.full((len(mask), longest), end, device=mask.device)
    alive = rows  # which texts the rows of the cache belong to
    for step in range(longest):
        seen = torch.cat([seen, seen.new_ones(len(seen), 1)], dim=1)
        placed = {"position_ids": position[:, None]} if "position_ids" in accepted else {}
        output = plain(
            input_ids=token[:, None],
            attention_mask=seen,
            past_key_values=cache,
            use_cache=True,
            **placed,
        )
        token, position = output.logits[:, -1].argmax(dim=1), position + 1
        answers[alive, step] = token
        going_on = token != end
        if not going_on.any():
            break
        if not going_on.all():  # finished texts need no further computing
            cache.batch_select_indices(going_on.nonzero()[:, 0])
            alive, token, position, seen = (x[going_on] for x in (alive, token, position, seen))
    return [_until(end, row) for row in answers.tolist()]


def _is_plain(cache: Any) -> bool:
    """Say whether a cache holds keys and values of every position, and nothing else."""
    from transformers.cache_utils import DynamicLayer

    return cache is not None and all(type(layer) is DynamicLayer for layer in cache.layers)


def _continue_alone(
    network: Any, batch: Mapping[str, torch.Tensor], longest: int, end: int
) -> list[list[int]]:
    """Let ``generate`` write on after texts, those of one length together and without padding.

    For caches in which padding counts: of windows, or of states that all tokens pass through.
    """
    lengths = batch["attention_mask"].sum(dim=1)
    answers: dict[int, list[int]] = {}
    for length in sorted(set(lengths.tolist())):
        rows = (lengths == length).nonzero()[:, 0]
        tokens = batch["input_ids"][rows, :length]
        continued = network.generate(
            input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=longest
        )
        answers |= dict(zip(rows.tolist(), continued[:, length:].tolist(), strict=True))
    return [_until(end, answers[row]) for row in range(len(lengths))]


def _until(end: int, tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


def transform_texts(
    network: Any, batch: Mapping[str, torch.Tensor], longest: int, end: int
) -> list[list[int]]:
    """Let an encoder-decoder write the answer to each text of a batch, the likeliest tokens.

    Parameters and returns are those of :func:`continue_texts`.
    """
    answers = unwrapped(network).generate(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        max_new_tokens=longest,
    )
    rows = answers[:, 1:].tolist()  # without the token that starts every answer
    return [_until(end, row) for row in rows]
