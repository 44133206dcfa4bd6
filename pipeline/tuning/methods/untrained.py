"""``untrained``: the control for the architecture. Random weights; pretrained ones are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.tuning.loading import settle_as_control
from pipeline.tuning.method import Method
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    return settle_as_control(start, _random(start))


def _random(start: Start) -> TunedModel:
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.text_networks import load_tokenizer, random_text_network
    from pipeline.models.travelling.vision import VisionModel, picture_form
    from pipeline.models.travelling.vision_networks import random_vision_network

    if start.card.modality == "text":
        network = random_text_network(start.base_folder, start.card).to(start.device)
        return TextModel(network, load_tokenizer(start.base_folder), start.card)
    network = random_vision_network(start.base_folder, len(start.card.classes)).to(start.device)
    return VisionModel(network, picture_form(network), start.card)


UNTRAINED = Method(
    name="untrained",
    summary="random weights of the same architecture (control); classes and tags as for base",
    source="control",
    storage={"text": "whole", "image": "whole"},
    build=_build,
    recipes={},
)
