"""The settings of the stages, with the only defaults there are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, description="Decides everything that is drawn at random.")]
ModelUri = Annotated[
    str,
    Field(
        pattern=r"^models:/[^/@]+(@[^/@]+|/\d+)$",
        description="Tuned model, as models:/<base>-<task>@<method> or models:/<name>/<version>.",
    ),
]
BrainName = Annotated[str, Field(description="Brain dataset, a name in BRAINS.")]
BrainDirectory = Annotated[
    str, Field(description="Directory of the brain dataset's files, where it has any.")
]
Pooling = Annotated[
    Literal["mean", "last", "class"],
    Field(
        description="One vector a stimulus: mean over tokens or patches, last token (text), "
        "class token (image)."
    ),
]


class StageConfig(BaseModel):
    """Settings of one stage: frozen, and nothing in them that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class TuneConfig(StageConfig):
    """Adapt a base to a task with a method, score it, and register it."""

    # what to tune, and on what
    base: str = Field("tiny-gpt2", description="Base, a name in BASES or a local directory.")
    task: str = Field(description="Task, a name in TASKS.")
    method: str = Field(description="Method, a name in METHODS.")
    seed: Seed = 0
    data_dir: str = Field("", description="Directory of the task's files, where it has any.")
    max_train: int = Field(2000, ge=2, description="Most examples to train on.")
    max_eval: int = Field(200, ge=2, description="Most examples to validate on, and to test on.")

    # how to train
    prompt_length: int = Field(10, ge=1, description="Prompt positions of the prompt methods.")
    learning_rate: float = Field(
        0.0, ge=0, description="Peak learning rate; 0 takes the method's own recipe."
    )
    max_steps: int = Field(300, ge=1, description="Most optimiser steps.")
    batch_size: int = Field(
        32, ge=1, description="Examples an optimiser step, however many devices share them."
    )
    group_by_length: bool = Field(
        True, description="Whether a batch is drawn from examples of about the same length."
    )
    eval_every: int = Field(
        50, ge=1, description="Steps between two validations, and between two checkpoints."
    )
    patience: int = Field(
        3, ge=1, description="Validations without a lower loss after which training stops."
    )

    # speed and memory: none of these changes what is computed but for rounding
    tokens_at_once: int = Field(
        0,
        ge=0,
        description="Most tokens, padding included, that go through the network together; the "
        "gradients of a larger batch are accumulated. 0 suits the device: 2048 on a CPU, 16384 "
        "on a GPU.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice instead of keeping them: slower, less memory."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="What activations are computed in; auto is bfloat16 on a GPU that has it. "
        "Weights stay float32.",
    )

    # search
    trials: int = Field(
        0,
        ge=0,
        description="Optuna trials over learning rate and prompt length; 0 searches nothing.",
    )
    trial_steps: int = Field(100, ge=1, description="Optimiser steps of one search trial.")
    pruning: Literal["none", "median", "hyperband"] = Field(
        "median", description="Which trials are ended early for being worse than others so far."
    )

    # scores
    bertscore_model: str = Field(
        "tiny-bert",
        description="Model behind BERTScore: tiny-bert (in the repository), a local directory, "
        "or a hub name such as roberta-large.",
    )
    bertscore_layers: int = Field(
        3, ge=1, description="Layer of that model whose states BERTScore compares."
    )


class PrepareConfig(StageConfig):
    """Read brain data into one checked form, show what is in it, keep a copy for later stages."""

    brain: BrainName
    brain_dir: BrainDirectory = ""
    seed: Seed = 0
    n_subjects: int = Field(3, ge=1, description="Simulated subjects.")
    n_stimuli: int = Field(
        192, ge=4, description="Simulated: sentences (in passages of 4) or pictures (in pairs)."
    )
    n_voxels: int = Field(80, ge=2, description="Simulated: voxels in each ROI.")
    effect: float = Field(
        1.0, ge=0, description="Simulated: signal variance, as a multiple of the usual one."
    )
    group_noise: float = Field(
        3.0, ge=0, description="Simulated: variance of the noise that a stimulus group shares."
    )
    white_noise: float = Field(12.0, ge=0, description="Simulated: variance of all other noise.")
    n_repeats: int = Field(2, ge=1, description="Simulated: presentations of each stimulus.")


class ExtractConfig(StageConfig):
    """Compute the features of a tuned model for the stimuli of a brain dataset."""

    model: ModelUri
    brain: BrainName
    brain_dir: BrainDirectory = ""
    pooling: Pooling = "mean"
    batch_size: int = Field(64, ge=1, description="Stimuli computed at once.")


class AlignConfig(ExtractConfig):
    """Score how well a tuned model's features and a brain's responses predict one another."""

    split: Literal["grouped", "shuffled"] = Field(
        "grouped",
        description="Folds of whole stimulus groups, or of shuffled stimuli (the seed paper's way; "
        "groups then leak).",
    )
    folds: int = Field(5, ge=2, description="Outer folds.")
    inner_folds: int = Field(5, ge=2, description="Folds inside each training fold, for alpha.")
    trials: int = Field(20, ge=1, description="Optuna trials over ridge alpha.")
    alpha_low: float = Field(
        1e-4,
        gt=0,
        description="Smallest alpha tried, in units of the mean eigenvalue of the training kernel.",
    )
    alpha_high: float = Field(1e4, gt=0, description="Largest alpha tried, in the same units.")
    similarity: Literal["pearson", "cosine"] = Field(
        "pearson", description="How a predicted and a true pattern are compared."
    )
    seed: Seed = 0


class ReportConfig(StageConfig):
    """Gather a study's scores into tables, figures and one page."""

    study: str = Field("", description="Run id of the study to report; empty takes the latest one.")
