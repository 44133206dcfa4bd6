"""The settings of tuning on stimuli of a brain dataset, on responses to them, or on both."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.tune import TuneConfig


class RegimeConfig(TuneConfig):
    """Adapt a base to stimuli, to responses to them, or to both, in one outer fold."""

    task: Literal[""] = Field("", description="None: a regime stands in its place.")
    regime: Literal["stimulus", "brain", "joint"] = Field(
        description="What is learned: the stimuli themselves (their words; for pictures, which two "
        "crops are of one), the responses to them (their correlation with a linear read-out), or "
        "the sum of both losses."
    )
    voxel_ceiling: float = Field(
        0.0,
        ge=-1,
        lt=1,
        description="Regimes brain and joint learn the voxels whose halves of repeats correlate "
        "above this over the training stimuli (Spearman and Brown); those without repeats always.",
    )
