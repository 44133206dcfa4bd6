"""Naming the class of a text, or of a pair of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..architecture import unwrapped
from ..framing import as_segments, encode_segments
from .form import TextForm, head_inputs, head_logits

if TYPE_CHECKING:
    from ..framing import Text
    from ..text import TextModel


def class_logits(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute what the head says of each text, shape (n_texts, n_classes).

    Padding counts for nothing. Decoders' classes are read off the last token, found here by the
    mask: their own search passes over a last token that is also the one for padding.
    """
    plain = unwrapped(network)
    if not hasattr(plain, "score"):
        return head_logits(network, batch)
    mask = batch["attention_mask"]
    states = network(**head_inputs(batch), output_hidden_states=True).hidden_states[-1]
    logits: torch.Tensor = plain.score(states[torch.arange(len(mask)), mask.sum(dim=1) - 1])
    return logits


def _classify(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    encoded = encode_segments(model.tokenizer, model.room, as_segments(items))
    return [model.card.classes[int(x.argmax())] for x in model.logits(encoded, batch_size)]


CLASSIFICATION = TextForm(
    factory=lambda _: "ForSequenceClassification",
    logits=class_logits,
    perform=_classify,
    takes_pairs=True,
)
