"""Naming the class of a text, or of a pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.pictures import LabelledImages
from pipeline.tuning.forms.form import Form, Scoring, TaskScores
from pipeline.tuning.scores.classes import class_scores

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item


def _items(model: TextModel, examples: LabelledTexts) -> list[Item]:
    """Encode texts, one item each, whose label is a class."""
    import torch

    from pipeline.models.travelling.framing import encode_segments
    from pipeline.tuning.forms.items import item_of

    encoded = encode_segments(model.tokenizer, model.room, examples.texts)
    labels = map(int, examples.labels)
    return [item_of(e, torch.tensor(label)) for e, label in zip(encoded, labels, strict=True)]


def score_classes(
    answers: Sequence[str], examples: LabelledTexts | LabelledImages, scoring: Scoring
) -> TaskScores:
    """Score the classes that a model named."""
    return class_scores(answers, examples.labels, scoring.classes, scoring.names)


def name_most_frequent(examples: LabelledTexts | LabelledImages, classes: Sequence[str]) -> str:
    """Name the class that most examples have, the first of several."""
    return classes[int(np.bincount(examples.labels).argmax())]


CLASSIFICATION = Form(
    name="classification",
    modality="text",
    examples=LabelledTexts,
    items=_items,
    questions=lambda examples: examples.texts,
    scores=score_classes,
    whole_lengths=lambda model, examples, _: model.token_counts(examples.texts),
    constant=name_most_frequent,
    starts_at_means=True,
    peft_type="SEQ_CLS",
)
