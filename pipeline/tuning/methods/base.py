"""``base``: the control. Nothing is trained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.tuning.forms import form_of
from pipeline.tuning.loading import load_base, settle_as_control
from pipeline.tuning.method import Method
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    if not form_of(start.card).own_head:  # the head is not the base's
        start = replace(start, card=replace(start.card, storage="part"))
    return settle_as_control(start, load_base(start))


BASE = Method(
    name="base",
    summary="nothing is trained; classes and tags are named by the nearest mean",
    source="control",
    storage={"text": "nothing", "image": "part"},
    build=_build,
    recipes={},
)
