"""Naming the class of a text by the word that the base would write for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.data.forms.classification import LabelledTexts
from pipeline.errors import Problem
from pipeline.tuning.forms.classification import CLASSIFICATION
from pipeline.tuning.forms.form import masks_unless_written

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item
    from pipeline.tuning.start import Start


def _items(model: TextModel, examples: LabelledTexts) -> list[Item]:
    """Encode texts with the template behind them, one item each, whose label is a class."""
    import torch

    from pipeline.models.travelling.forms.cloze import encode_cloze
    from pipeline.tuning.forms.items import item_of

    encoded = encode_cloze(model, [" ".join(text) for text in examples.texts])
    labels = map(int, examples.labels)
    return [item_of(e, torch.tensor(label)) for e, label in zip(encoded, labels, strict=True)]


def _whole_lengths(model: TextModel, examples: LabelledTexts, _: bool) -> list[int]:
    """Count the positions of whole texts with the template behind them."""
    from pipeline.models.travelling.forms.cloze import encode_cloze

    encoded = encode_cloze(model, [" ".join(text) for text in examples.texts], whole=True)
    return [len(one["input_ids"]) for one in encoded]


def _lacks_words(start: Start) -> Iterator[Problem]:
    """Find classes whose names are the same tokens to a base, as unknown words are, or none."""
    from pipeline.models.travelling.framing import token_ids
    from pipeline.models.travelling.text_networks import load_tokenizer

    card = start.card
    tokens = token_ids(load_tokenizer(start.base_folder), [f" {name}" for name in card.classes])
    names: dict[tuple[int, ...], list[str]] = {}
    for name, own in zip(card.classes, tokens, strict=True):
        names.setdefault(tuple(sorted(own)), []).append(name)
    for key, alike in names.items():
        if len(alike) > 1 or not key:
            same = f"{' and '.join(map(repr, alike))}, of the same tokens"
            nothing = f"'{alike[0]}', of which its tokenizer leaves nothing"
            yield Problem(
                f"base {card.base}",
                f"one that tells the classes of {card.task} apart by their names",
                same if key else nothing,
                "Choose another base, or a task that puts a head on top.",
            )


CLOZE = replace(
    CLASSIFICATION,
    name="cloze",
    items=_items,
    questions=lambda examples: [" ".join(text) for text in examples.texts],
    whole_lengths=_whole_lengths,
    lacks=_lacks_words,
    special_tokens=masks_unless_written,
    own_head=True,
    starts_at_means=False,
    peft_type="",
)
