"""``prompt-full``: learned input embeddings in front of the text, and every weight with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.tuning.method import Method
from pipeline.tuning.methods.prompt import build_prompted, lacks_for_prompt
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    model = build_prompted(start)
    model.network.requires_grad_(True)
    return model


PROMPT_FULL = Method(
    name="prompt-full",
    summary="a prompt in front of the text and every weight, trained together",
    source="Wang et al. 2022, No More Fine-Tuning? An Experimental Evaluation of Prompt Tuning in "
    "Code Intelligence",
    storage={"text": "whole"},
    insertion="prompt",
    build=_build,
    recipes={"text": Recipe(5e-5, 1e-5, 3e-3, weight_decay=0.01)},
    has_prompt=True,
    lacks=lacks_for_prompt,
)
