"""Writing a text after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..architecture import kind_of, unwrapped
from ..card import Card
from ..framing import by_length, cut_source, frame_of, token_ids
from ..vocabulary import padding_of
from ..writing import continue_texts, greedy_settings, transform_texts
from .form import TextForm

if TYPE_CHECKING:
    from ..framing import Text
    from ..text import TextModel


def _factory(config: Any) -> str:
    if config.is_encoder_decoder:
        return "ForSeq2SeqLM"
    return "" if kind_of(config) == "encoder" else "ForCausalLM"


def _logits(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute what comes next at every position, or at the first two of an answer."""
    start = {}
    if unwrapped(network).config.is_encoder_decoder:
        start["decoder_input_ids"] = batch["input_ids"][:, :2]
    return network(**batch, **start).logits  # type: ignore[no-any-return]


def _write(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    card, tokenizer = model.card, model.tokenizer
    encoder_decoder = model.kind == "encoder-decoder"
    room = model.room - (0 if encoder_decoder else card.max_target_tokens)
    frame = frame_of(tokenizer, 1)
    texts = token_ids(tokenizer, [f"{item}{card.cue}" for item in items])
    n_cue = len(token_ids(tokenizer, [card.cue])[0])
    encoded = [frame.join([cut_source(ids, n_cue, room - frame.size, card.keeps)]) for ids in texts]
    go_on = transform_texts if encoder_decoder else continue_texts
    answers = [""] * len(items)
    for members in by_length(encoded, batch_size, padded=model.ignores_padding):
        batch = model.batch([encoded[n] for n in members])
        tokens = go_on(model.network, batch, card.max_target_tokens, tokenizer.eos_token_id)
        decoded = tokenizer.batch_decode(tokens, skip_special_tokens=True)
        for place, text in zip(members, decoded, strict=True):
            answers[place] = text.strip()
    return answers


def _settle(network: Any, tokenizer: Any, _: Card) -> None:
    padding = padding_of(network, tokenizer)
    network.generation_config = greedy_settings(network, tokenizer.eos_token_id, padding)


GENERATION = TextForm(
    factory=_factory, logits=_logits, perform=_write, own_head=True, settle=_settle
)
