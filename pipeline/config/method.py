"""The settings of single methods."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.stage import StageConfig

#: Units of the widest layers of public models; what is put beside them is never wider.
MOST_UNITS = 16_384


class MethodConfig(StageConfig):
    """What single methods can be told; others look past it."""

    prompt_length: int = Field(
        10, ge=1, le=100_000, description="Prompt positions of the prompt methods."
    )
    prompt_init: Literal["random", "vocabulary", "common", "text"] = Field(
        "vocabulary",
        description="Where prompts for text start: uniform noise, embeddings of tokens drawn from "
        "the vocabulary or from its 5,000 commonest, or those of prompt_text.",
    )
    prompt_text: str = Field("", description="Text that a prompt starts from.")
    prefix_mlp: int = Field(
        0,
        ge=0,
        le=MOST_UNITS,
        description="Prefix: hidden units of the MLP that makes keys and values while they are "
        "trained (P-Tuning v2); 0 trains them directly.",
    )
    prefix_dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Prefix: share of keys and values that is dropped in training (the code of "
        "P-Tuning v2: 0.1).",
    )
    lora_rank: int = Field(
        8, ge=1, le=MOST_UNITS, description="Rank of what LoRA adds to a weight."
    )
    lora_alpha: float = Field(
        16.0, gt=0, le=1e6, description="LoRA: what is learned is scaled by lora_alpha / lora_rank."
    )
    adapter_width: int = Field(
        64, ge=1, le=MOST_UNITS, description="Adapters: units in each bottleneck."
    )
