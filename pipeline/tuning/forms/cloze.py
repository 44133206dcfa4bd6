"""Naming the class of a text by the word that the base would write for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.data.forms.classification import LabelledTexts
from pipeline.tuning.forms.classification import CLASSIFICATION
from pipeline.tuning.forms.form import masks_unless_written

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item


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


CLOZE = replace(
    CLASSIFICATION,
    name="cloze",
    items=_items,
    questions=lambda examples: [" ".join(text) for text in examples.texts],
    whole_lengths=_whole_lengths,
    special_tokens=masks_unless_written,
    own_head=True,
    starts_at_means=False,
    peft_type="",
)
