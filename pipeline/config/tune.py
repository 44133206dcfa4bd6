"""The settings of ``tune``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.method import MethodConfig
from pipeline.config.stage import Device, PathText
from pipeline.config.task import TaskConfig

#: Settings that mean nothing to a control, which nothing trains.
TRAINING_SETTINGS = frozenset(
    ("learning_rate", "weight_decay", "max_steps", "batch_size", "group_by_length", "eval_every")
) | frozenset(
    (
        "patience",
        "checkpoints",
        "weights_on_the_way",
        "gradient_checkpointing",
        "trials",
        "trial_steps",
        "pruning",
    )
)


class TuneConfig(MethodConfig, TaskConfig):
    """Adapt a base to a task with a method, score it, and register it."""

    # what is adapted, and how; TaskConfig and MethodConfig have the settings of either
    base: PathText = Field(
        "tiny-gpt2",
        description="Base: a name in BASES, a local directory, or organisation/name@revision "
        "(timm/name) of the hub.",
    )
    method: str = Field(description="Method, a name in METHODS.")

    # how to train
    learning_rate: float = Field(
        0.0, ge=0, le=1e30, description="Peak learning rate; 0 takes the method's own recipe."
    )
    weight_decay: float = Field(
        -1.0, ge=-1, le=1e6, description="Weight decay; -1 takes the method's own recipe."
    )
    max_steps: int = Field(300, ge=1, le=10**9, description="Most optimiser steps.")
    batch_size: int = Field(
        32,
        ge=1,
        le=1_000_000,
        description="Examples an optimiser step, however many devices share them.",
    )
    group_by_length: bool = Field(
        True, description="Whether a batch is drawn from examples of about the same length."
    )
    eval_every: int = Field(
        50,
        ge=1,
        le=10**9,
        description="Steps between two validations, and between two checkpoints.",
    )
    patience: int = Field(
        3,
        ge=1,
        le=10**9,
        description="Validations without a lower loss after which training stops.",
    )

    checkpoints: int = Field(
        0,
        ge=0,
        le=100,
        description="Versions on the way of a training, at steps that grow by a constant factor, "
        "which a study aligns too: brain score against task score while it learns.",
    )
    weights_on_the_way: bool = Field(
        False,
        description="Whether versions on the way of a training keep their weights. Else a study "
        "extracts their features for its brain datasets at once and drops the weights.",
    )

    # speed and memory: none of these changes what is computed but for rounding
    tokens_at_once: int = Field(
        0,
        ge=0,
        le=10**9,
        description="Most tokens, padding included, that go through the network together; the "
        "gradients of a larger batch are accumulated. 0 suits the device: 2048 on a CPU, 16384 "
        "on a GPU.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice instead of keeping them: slower, less memory."
    )
    device: Device = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="What activations are computed in; auto is bfloat16 on a GPU that has it. "
        "Weights stay float32.",
    )

    # search
    trials: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Trials over learning rate and prompt length, the recipe's own values first; "
        "0 searches nothing.",
    )
    trial_steps: int = Field(
        100,
        ge=1,
        le=10**9,
        description="Optimiser steps of one trial: it is the beginning of a training of max_steps.",
    )
    pruning: Literal["none", "median", "hyperband"] = Field(
        "median", description="Which trials are ended early for being worse than others so far."
    )

    # scores
    bertscore_model: PathText = Field(
        "tiny-bert",
        description="Model behind BERTScore: tiny-bert (in the repository, knows simulated text "
        "alone), a local directory, a hub name such as roberta-large, or none.",
    )
    bertscore_layers: int = Field(
        3, ge=1, le=1000, description="Layer of that model whose states BERTScore compares."
    )

    @field_validator("weight_decay")
    @classmethod
    def _decays_or_takes_the_recipe(cls, weight_decay: float) -> float:
        if -1 < weight_decay < 0:
            raise PydanticCustomError("no_decay", "0 or more, or -1 for the method's own recipe")
        return weight_decay

    @field_validator("trials")
    @classmethod
    def _trials_choose_the_rate(cls, trials: int, info: ValidationInfo) -> int:
        if trials and info.data.get("learning_rate"):
            raise PydanticCustomError(
                "trials_choose_the_rate", "0 with a learning_rate, which a search would choose"
            )
        return trials

    @property
    def steps_of_a_trial(self) -> int:
        """Optimiser steps of one trial, which ends no later than the training that would follow."""
        return min(self.trial_steps, self.max_steps)
