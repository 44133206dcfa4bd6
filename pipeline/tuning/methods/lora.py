"""``lora``: what is added to the attention's weights is a product of two thin matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import architecture_of
from pipeline.tuning.method import Method, Recipe, Start
from pipeline.tuning.with_peft import lacks_targets, load_with_peft

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    from peft import LoraConfig

    return load_with_peft(
        start,
        LoraConfig,
        r=start.settings.lora_rank,
        lora_alpha=start.settings.lora_alpha,
        target_modules=["qkv"] if start.card.modality == "image" else None,  # None: PEFT's own
        fan_in_fan_out=architecture_of(start) == "gpt2",
    )


def _lacks(start: Start) -> Iterator[Problem]:
    if start.card.modality == "text":
        from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

        yield from lacks_targets(start, "lora", KNOWN)


LORA = Method(
    name="lora",
    summary="low-rank changes to the attention's weights (PEFT's LoRA)",
    source="Hu et al. 2022, LoRA; Ding et al. 2023, delta-tuning",
    storage={"text": "part", "image": "part"},
    insertion="peft",
    build=_build,
    recipes={"text": Recipe(5e-4, 5e-5, 2e-2), "image": Recipe(1e-3, 1e-4, 2e-2)},
    lacks=_lacks,
)
