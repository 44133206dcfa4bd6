"""``untrained``: the control for the architecture. Random weights; pretrained ones are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.tuning.loading import model_of, reading_errors_as_refusals, settle_as_control
from pipeline.tuning.method import Method
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    from pipeline.models.travelling.text_networks import random_text_network
    from pipeline.models.travelling.vision_networks import random_vision_network

    with reading_errors_as_refusals(start.card.base):
        model = model_of(start, random_text_network, random_vision_network)
    return settle_as_control(start, model)


UNTRAINED = Method(
    name="untrained",
    summary="random weights of the same architecture (control); classes and tags as for base",
    source="control",
    storage={"text": "whole", "image": "whole"},
    build=_build,
    recipes={},
)
