"""Tagging every word of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.data.forms.tagging import TaggedTexts
from pipeline.tuning.forms.form import IGNORED, Form, Scoring, TaskScores
from pipeline.tuning.scores.entities import entity_scores

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item


def _items(model: TextModel, examples: TaggedTexts) -> list[Item]:
    """Encode texts, one item a stretch that fits; the first token of each word has its tag."""
    import torch

    from pipeline.models.travelling.forms.tagging import encode_words
    from pipeline.tuning.forms.items import item_of

    items = []
    texts = encode_words(model.tokenizer, model.room, examples.words)
    for stretches, tags in zip(texts, examples.tags, strict=True):
        for stretch in stretches:
            labels = torch.full((len(stretch.encoded["input_ids"]),), IGNORED)
            own_tags = tags[stretch.start : stretch.start + len(stretch.firsts)]
            labels[stretch.firsts] = torch.tensor(own_tags)
            items.append(item_of(stretch.encoded, labels))
    return items


def _scores(answers: Sequence[str], examples: TaggedTexts, scoring: Scoring) -> TaskScores:
    return entity_scores(answers, examples.tags, scoring.classes)


TAGGING = Form(
    name="tagging",
    modality="text",
    examples=TaggedTexts,
    items=_items,
    questions=lambda examples: [" ".join(words) for words in examples.words],
    scores=_scores,
    starts_at_means=True,
    peft_type="TOKEN_CLS",
)
