"""``base``: the control. Nothing is trained."""

from __future__ import annotations

import numpy as np
import torch

from pipeline.data.examples import LabelledImages
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel, load_text_network, load_tokenizer
from pipeline.models.travelling.vision import VisionModel, load_vision_base
from pipeline.tuning.method import Method, Start


def _adapt(start: Start) -> TunedModel:
    if isinstance(start.train, LabelledImages):
        return _nearest_class_mean(start, start.train)
    network = load_text_network(start.base_folder, start.card).requires_grad_(False)
    return TextModel(network, load_tokenizer(start.base_folder), start.card)


def _nearest_class_mean(start: Start, train: LabelledImages) -> VisionModel:
    """Give a base that has never seen the classes the only head that needs no training.

    The class whose mean is nearest to x maximises m·x - |m|²/2, which is a linear head.
    """
    network, picture = load_vision_base(start.base_folder, len(start.card.classes))
    model = VisionModel(network.requires_grad_(False), picture, start.card)
    tokens = torch.from_numpy(model.features(train.images, "class")[:, -1])
    labels = torch.from_numpy(np.ascontiguousarray(train.labels))
    classes = range(len(start.card.classes))
    means = torch.stack([tokens[labels == label].mean(dim=0) for label in classes])
    with torch.no_grad():
        network.head.weight.copy_(means)
        network.head.bias.copy_(-means.square().sum(dim=1) / 2)
    return model


BASE = Method(
    name="base",
    summary="nothing is trained; pictures are classified by the nearest class mean",
    source="control",
    storage={"text": "nothing", "image": "part"},
    adapt=_adapt,
    recipes={},
)
