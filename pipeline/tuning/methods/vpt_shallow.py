"""``vpt-shallow``: learned tokens after the class token and a linear head, backbone frozen."""

from __future__ import annotations

from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.vision import VisionModel, load_vision_base
from pipeline.tuning.method import Method, Recipe, Start


def _adapt(start: Start) -> TunedModel:
    network, picture = load_vision_base(start.base_folder, len(start.card.classes))
    network.requires_grad_(False)
    network = INSERTIONS[start.card.insertion](network, start.card)
    network.head.requires_grad_(True)
    return VisionModel(network, picture, start.card)


VPT_SHALLOW = Method(
    name="vpt-shallow",
    summary="learned tokens after the class token, and a linear head; backbone frozen",
    source="Jia et al. 2022, Visual Prompt Tuning (VPT-shallow)",
    storage={"image": "part"},
    insertion="vpt-shallow",
    adapt=_adapt,
    recipes={"image": Recipe(1e-2, 1e-3, 0.3)},
    has_prompt=True,
)
