"""Naming the class of a text by the word that the base would write for it.

A template puts words of the task's behind the text, and a mask where the class belongs; a decoder
writes on there. The head is the base's own (Schick & Schütze 2021; for programs Wang et al. 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..architecture import kind_of, unwrapped
from ..card import Card
from ..framing import Encoded, Text, cut_source, frame_of, token_ids
from .form import TextForm, head_inputs

if TYPE_CHECKING:
    from ..text import TextModel


def encode_cloze(model: TextModel, texts: Sequence[str], whole: bool = False) -> list[Encoded]:
    """Encode texts with the template behind them.

    Parameters
    ----------
    model : TextModel
    texts : sequence of str
    whole : bool
        Whether a text that is too long is left whole; else it is cut, and the template never.
    """
    tokenizer, card = model.tokenizer, model.card
    frame = frame_of(tokenizer, 1)
    mask = [] if model.kind == "decoder" else [tokenizer.mask_token_id]
    n_cue = len(token_ids(tokenizer, [card.cue])[0])
    space = model.room - frame.size - len(mask)
    tokens = token_ids(tokenizer, [f"{text}{card.cue}" for text in texts])
    if not whole:
        tokens = [cut_source(text, n_cue, space, card.keeps) for text in tokens]
    return [frame.join([[*text, *mask]]) for text in tokens]


def _settle(network: Any, tokenizer: Any, card: Card) -> None:
    """Note on a network the tokens of each class's name, and where in a text they are asked for."""
    network.class_tokens = token_ids(tokenizer, [f" {name}" for name in card.classes])
    is_masked = kind_of(network.config) == "encoder"
    network.n_behind = 1 + (len(frame_of(tokenizer, 1).gaps[-1]) if is_masked else 0)


def _logits(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute what the base says of each class's name, shape (n_texts, n_classes).

    Of a name of several tokens, the mean.
    """
    plain = unwrapped(network)
    every = network(**head_inputs(batch)).logits
    last = batch["attention_mask"].sum(dim=1) - plain.n_behind
    words = every[torch.arange(len(last)), last]
    return torch.stack([words[:, tokens].mean(dim=1) for tokens in plain.class_tokens], dim=1)


def _name(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    encoded = encode_cloze(model, [str(item) for item in items])
    return [model.card.classes[int(x.argmax())] for x in model.logits(encoded, batch_size)]


def _factory(config: Any) -> str:
    return {"encoder": "ForMaskedLM", "decoder": "ForCausalLM"}.get(kind_of(config), "")


CLOZE = TextForm(factory=_factory, logits=_logits, perform=_name, own_head=True, settle=_settle)
