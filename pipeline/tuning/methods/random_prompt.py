"""``random-prompt``: a prompt that nothing trains, the control for the shift in position."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.tuning.loading import load_frozen, settle_as_control
from pipeline.tuning.method import Method, Start
from pipeline.tuning.methods.prompt import build_prompted, lacks_for_prompt

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    image = start.card.modality == "image"
    card = replace(start.card, insertion="vpt-shallow" if image else "prompt")
    start = replace(start, card=card)
    model = load_frozen(start) if image else build_prompted(start)
    return settle_as_control(start, model)


RANDOM_PROMPT = Method(
    name="random-prompt",
    summary="a prompt at its random start, not trained (control for the shift in position)",
    source="control",
    storage={"text": "part", "image": "part"},
    build=_build,
    recipes={},
    has_prompt=True,
    lacks=lacks_for_prompt,
)
