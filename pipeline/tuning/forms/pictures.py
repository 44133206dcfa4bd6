"""Naming the class of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.data.forms.pictures import LabelledImages
from pipeline.tuning.forms.form import Form, Scoring, TaskScores
from pipeline.tuning.scores.classes import class_scores, most_frequent

if TYPE_CHECKING:
    from pipeline.models.travelling.vision import VisionModel
    from pipeline.tuning.forms.items import Item


def _items(_: VisionModel, examples: LabelledImages) -> list[Item]:
    """Pair pictures, as bytes, with their classes."""
    import torch

    images, labels = map(torch.from_numpy, (examples.images, examples.labels))
    return [{"images": x, "labels": y} for x, y in zip(images, labels, strict=True)]


def _scores(answers: Sequence[str], examples: LabelledImages, scoring: Scoring) -> TaskScores:
    return class_scores(answers, examples.labels, scoring.classes, scoring.names)


PICTURES = Form(
    name="classification",
    modality="image",
    examples=LabelledImages,
    items=_items,
    questions=lambda examples: examples.images,
    scores=_scores,
    constant=lambda examples, classes: classes[most_frequent(examples.labels)],
    starts_at_means=True,
)
