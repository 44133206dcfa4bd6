"""Classes, tags and spans of texts in the form the training loop takes, and their loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from pipeline.data.examples import LabelledTexts, TaggedTexts, TextSpans
from pipeline.models.travelling.framing import Encoded
from pipeline.models.travelling.labelling import (
    encode_segments,
    encode_windows,
    encode_words,
    form_of,
    logits_of,
)
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms.items import IGNORED, Item

Labelled = LabelledTexts | TaggedTexts | TextSpans


def labelled_items(model: TextModel, examples: Labelled) -> list[Item]:
    """Encode labelled texts; one item a text, more where a long one is read in windows.

    ``labels`` is a class, one tag a token (the first token of each word, the others are ignored),
    or the positions of the answer's first and last token. A window that does not hold the answer
    is taught to point at its first token.
    """
    tokenizer, room = model.tokenizer, model.room
    if isinstance(examples, LabelledTexts):
        encoded = encode_segments(tokenizer, room, examples.texts)
        labels = [torch.tensor(int(label)) for label in examples.labels]
        return [_item(e, label) for e, label in zip(encoded, labels, strict=True)]
    items = []
    if isinstance(examples, TaggedTexts):
        texts = encode_words(tokenizer, room, examples.words)
        for stretches, tags in zip(texts, examples.tags, strict=True):
            for stretch in stretches:
                aligned = torch.full((len(stretch.encoded["input_ids"]),), IGNORED)
                mine = tags[stretch.start : stretch.start + len(stretch.firsts)]
                aligned[stretch.firsts] = torch.tensor(mine)
                items.append(_item(stretch.encoded, aligned))
        return items
    read = encode_windows(tokenizer, room, examples.questions, examples.contexts)
    for windows, answers, start in zip(read, examples.answers, examples.starts, strict=True):
        for window in windows:
            place = window.locate(int(start), int(start) + len(answers[0])) or (0, 0)
            items.append(_item(window.encoded, torch.tensor(place)))
    return items


def _item(encoded: Encoded, labels: torch.Tensor) -> Item:
    return {**{name: torch.tensor(ids) for name, ids in encoded.items()}, "labels": labels}


def labelled_loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over texts, over first tokens of words, or over starts and ends."""
    logits, labels = logits_of(network, batch), batch["labels"]
    if form_of(network) == "spans":
        # (n_texts, n_tokens, 2) against (n_texts, 2): which token starts, which one ends
        return cross_entropy(logits, labels)
    return cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)
