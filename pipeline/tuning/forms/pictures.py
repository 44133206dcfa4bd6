"""Naming the class of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.data.forms.pictures import LabelledImages
from pipeline.tuning.forms.classification import name_most_frequent, score_classes
from pipeline.tuning.forms.form import Form

if TYPE_CHECKING:
    from pipeline.models.travelling.vision import VisionModel
    from pipeline.tuning.forms.items import Item


def _items(_: VisionModel, examples: LabelledImages) -> list[Item]:
    """Pair pictures, as bytes, with their classes."""
    import torch

    images, labels = map(torch.from_numpy, (examples.images, examples.labels))
    return [{"images": x, "labels": y} for x, y in zip(images, labels, strict=True)]


PICTURES = Form(
    name="classification",
    modality="image",
    examples=LabelledImages,
    items=_items,
    questions=lambda examples: examples.images,
    scores=score_classes,
    constant=name_most_frequent,
    starts_at_means=True,
)
