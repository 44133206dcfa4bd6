"""``full``: fine-tuning of every weight."""

from __future__ import annotations

from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel, load_text_network, load_tokenizer
from pipeline.models.travelling.vision import VisionModel, load_vision_base
from pipeline.tuning.method import Method, Recipe, Start


def _adapt(start: Start) -> TunedModel:
    if start.card.modality == "text":
        network = load_text_network(start.base_folder, start.card)
        return TextModel(network, load_tokenizer(start.base_folder), start.card)
    network, picture = load_vision_base(start.base_folder, len(start.card.classes))
    return VisionModel(network, picture, start.card)


FULL = Method(
    name="full",
    summary="every weight is trained (fine-tuning)",
    source="the seed paper's fine-tuning; rates of Liu et al. 2022 (text), Jia et al. 2022 (image)",
    storage={"text": "whole", "image": "whole"},
    adapt=_adapt,
    recipes={
        "text": Recipe(5e-5, 1e-5, 3e-3, weight_decay=0.01),
        "image": Recipe(1e-4, 1e-5, 5e-3, weight_decay=0.01),
    },
)
