"""``lora``: what is added to the attention's weights is a product of two thin matrices."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pipeline.tuning.loading import architecture_of
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start
from pipeline.tuning.with_peft import load_with_peft

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    from peft import LoraConfig

    from pipeline.tuning.targets import picture_targets, text_targets

    kind = architecture_of(start)
    targets = picture_targets if start.card.modality == "image" else partial(text_targets, kind)
    return load_with_peft(
        start,
        LoraConfig,
        targets,
        r=start.settings.lora_rank,
        lora_alpha=start.settings.lora_alpha,
        fan_in_fan_out=kind == "gpt2",
    )


LORA = Method(
    name="lora",
    summary="low-rank changes to the attention's weights (PEFT's LoRA)",
    source="Hu et al. 2022, LoRA; Ding et al. 2023, delta-tuning",
    storage={"text": "part", "image": "part"},
    insertion="peft",
    build=_build,
    recipes={"text": Recipe(5e-4, 5e-5, 2e-2), "image": Recipe(1e-3, 1e-4, 2e-2)},
)
