"""``random-prompt``: a prompt that nothing trains, the control for the shift in position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import load_frozen, settle_as_control
from pipeline.tuning.method import Method
from pipeline.tuning.methods.prompt import build_prompted, lacks_for_prompt
from pipeline.tuning.methods.vpt_shallow import lacks_tokens_for_prompts
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    image = start.card.modality == "image"
    card = replace(start.card, insertion="vpt-shallow" if image else "prompt")
    start = replace(start, card=card)
    model = load_frozen(start) if image else build_prompted(start)
    return settle_as_control(start, model)


def _lacks(start: Start) -> Iterator[Problem]:
    if start.card.modality == "image":
        return lacks_tokens_for_prompts(start)
    return lacks_for_prompt(start)


RANDOM_PROMPT = Method(
    name="random-prompt",
    summary="a prompt at its random start, not trained (control for the shift in position)",
    source="control",
    storage={"text": "part", "image": "part"},
    build=_build,
    recipes={},
    has_prompt=True,
    lacks=_lacks,
)
