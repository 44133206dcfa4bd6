"""Greedy writing, the same for a text alone as for one in a batch of texts of other lengths."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

    writes_apart = network.config.is_encoder_decoder
    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        eos_token_id=end,
        pad_token_id=padding,
        bos_token_id=getattr(network.config, "bos_token_id", None),
        decoder_start_token_id=start_of_answers(network) if writes_apart else None,
    )


def start_of_answers(network: Any) -> int:
    """Give the token that stands before every answer of an encoder-decoder.

    In training as in writing: some types would take the last token of an answer for the one and
    what their configuration says for the other (mBART, PLBart).
    """
    start: int | None = getattr(network.config, "decoder_start_token_id", None)
    return int(network.config.bos_token_id if start is None else start)


def read_before(network: Any, answers: torch.Tensor) -> torch.Tensor:
    """Give what the decoder of an encoder-decoder has read when it writes each token of an answer.

    Parameters
    ----------
    network : Module
    answers : Tensor of int, shape (n_texts, n_tokens)
        Below 0 behind an answer's end.

    Returns
    -------
    Tensor of int, shape (n_texts, n_tokens)
        The start of answers, and the tokens before the last one.
    """
    start = answers.new_full((len(answers), 1), start_of_answers(network))
    read = torch.cat([start, answers[:, :-1]], dim=1)
    return read.masked_fill(read < 0, network.config.pad_token_id)


def continue_texts(
    network: Any, batch: Mapping[str, torch.Tensor], longest: int, end: int
) -> list[list[int]]:
    """Let a decoder write on after each text of a batch, always the likeliest token.

    Texts are read padded on the right, where no token sees the padding. (Padding in front would
    stand between a prompt and its text.) Then what a network keeps of each text is moved behind its
    padding, so that what is written follows its text without a gap: where distances count, and not
    positions (ALiBi, windows of attention), they are those of the text alone.

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
    mask, lengths = batch["attention_mask"], batch["attention_mask"].sum(dim=1)
    with _given_last_states(plain.get_output_embeddings(), lengths):
        read = network(input_ids=batch["input_ids"], attention_mask=mask, use_cache=True)
    cache: Any = getattr(read, "past_key_values", None)
    if not _is_plain(cache):
        return _continue_alone(plain, batch, longest, end)
    in_front = cache.get_seq_length() - mask.shape[1]
    padding = mask.shape[1] - lengths
    seen = _move_behind_padding(cache, padding)
    token, position = read.logits[:, -1].argmax(dim=1), in_front + lengths
    takes_positions = "position_ids" in inspect.signature(plain.forward).parameters
    answers = torch.full((len(mask), longest), end, device=mask.device)
    alive = torch.arange(len(mask), device=mask.device)  # whose texts the cache holds
    for step in range(longest):
        answers[alive, step] = token
        going_on = token != end
        if step == longest - 1 or not going_on.any():
            break
        if not going_on.all():  # finished texts need no further computing
            cache.batch_select_indices(going_on.nonzero()[:, 0])
            alive, token, position, seen = (x[going_on] for x in (alive, token, position, seen))
        seen = torch.cat([seen, seen.new_ones(len(seen), 1)], dim=1)
        placed = {"position_ids": position[:, None]} if takes_positions else {}
        output = plain(
            input_ids=token[:, None],
            attention_mask=seen,
            past_key_values=cache,
            use_cache=True,
            **placed,
        )
        token, position = output.logits[:, -1].argmax(dim=1), position + 1
    return [_until(end, row) for row in answers.tolist()]


@contextmanager
def _given_last_states(head: torch.nn.Module, lengths: torch.Tensor) -> Iterator[None]:
    """Give a head the state of each text's last token, (n_texts, 1, n_features), alone."""

    def gather(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        states = inputs[0]
        rows = torch.arange(len(states), device=states.device)
        return (states[rows, lengths - 1][:, None], *inputs[1:])

    hook = head.register_forward_pre_hook(gather)
    try:
        yield
    finally:
        hook.remove()


def _move_behind_padding(cache: Any, padding: torch.Tensor) -> torch.Tensor:
    """Move the keys and values of each text on by its padding, which then stands in front of them.

    Parameters
    ----------
    cache : transformers cache
        Plain; its keys and values have shape (n_texts, n_heads, n_positions, n_features).
    padding : Tensor of int, shape (n_texts,)
        Positions at the end of each text that hold nothing.

    Returns
    -------
    Tensor of int, shape (n_texts, n_positions)
        1 where a position holds something.
    """
    places = torch.arange(cache.get_seq_length(), device=padding.device)[None]
    if padding.any():
        order = ((places - padding[:, None]) % places.shape[1])[:, None, :, None]
        for layer in cache.layers:
            layer.keys = layer.keys.gather(2, order.expand_as(layer.keys))
            layer.values = layer.values.gather(2, order.expand_as(layer.values))
    return (places >= padding[:, None]).to(padding.dtype)


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
