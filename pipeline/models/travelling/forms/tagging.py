"""Tagging every word of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..framing import Encoded, frame_of, token_ids
from .form import TextForm, head_logits

if TYPE_CHECKING:
    from ..framing import Text
    from ..text import TextModel


@dataclass(frozen=True)
class Words:
    """Successive words of a text that fit into the context together.

    Parameters
    ----------
    encoded : Encoded
    firsts : list of int
        Position of the first token of each word.
    start : int
        Which word of the text is the first of these.
    """

    encoded: Encoded
    firsts: list[int]
    start: int


def encode_words(tokenizer: Any, room: int, texts: Sequence[Sequence[str]]) -> list[list[Words]]:
    """Encode texts that are cut into words already, in as many stretches as each text needs."""
    distinct = sorted({word for words in texts for word in words})
    ids = token_ids(tokenizer, [f" {word}" for word in distinct])
    unknown = [tokenizer.unk_token_id or 0]  # a word of which the tokenizer leaves nothing
    tokens = {w: (n or unknown) for w, n in zip(distinct, ids, strict=True)}
    frame = frame_of(tokenizer, 1)
    space = room - frame.size
    encoded = []
    for words in texts:
        stretches: list[Words] = []
        pending: list[int] = []
        firsts: list[int] = []
        start = 0
        for place, word in enumerate(words):
            piece = tokens[word][:space]
            if pending and len(pending) + len(piece) > space:
                stretches.append(Words(frame.join([pending]), firsts, start))
                pending, firsts, start = [], [], place
            firsts.append(len(frame.gaps[0]) + len(pending))
            pending = pending + piece
        if pending:
            stretches.append(Words(frame.join([pending]), firsts, start))
        encoded.append(stretches)
    return encoded


def _tag(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    words = [str(item).split() for item in items]
    texts = encode_words(model.tokenizer, model.room, words)
    logits = iter(model.logits([s.encoded for text in texts for s in text], batch_size))
    tags = []
    for text in texts:
        labels = [int(n) for s in text for n in next(logits)[s.firsts].argmax(dim=1)]
        tags.append(" ".join(model.card.classes[label] for label in labels))
    return tags


TAGGING = TextForm(factory=lambda _: "ForTokenClassification", logits=head_logits, perform=_tag)
