"""Classes, tags and spans of texts in the form the training loop takes, and their loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from pipeline.data.examples import LabelledTexts, TaggedTexts, TextSpans
from pipeline.models.travelling.framing import Encoded, padded
from pipeline.models.travelling.labelling import (
    encode_segments,
    encode_windows,
    encode_words,
    form_of,
    logits_of,
)
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.items import IGNORED, Item

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


class LabelledPadding:
    """Pads texts on the right to the longest of the batch; labels of tokens with them."""

    def __init__(self, pad_token_id: int) -> None:
        self.pad_token_id = pad_token_id

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items, padded where they differ in length."""
        encoded = [{k: v.tolist() for k, v in item.items() if k != "labels"} for item in items]
        labels = [item["labels"] for item in items]
        per_token = len(labels[0].shape) == 1
        stacked = (
            torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=IGNORED)
            if per_token
            else torch.stack(labels)
        )
        return {**padded(encoded, self.pad_token_id), "labels": stacked}


def labelled_loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over texts, over first tokens of words, or over starts and ends."""
    logits, labels = logits_of(network, batch), batch["labels"]
    if form_of(network) == "spans":
        # (n_texts, n_tokens, 2) against (n_texts, 2): which token starts, which one ends
        return cross_entropy(logits, labels)
    return cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)
