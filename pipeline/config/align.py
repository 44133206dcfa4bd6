"""The settings of what takes a tuned model to a brain dataset: ``extract`` and ``align``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.stage import (
    BrainDirectory,
    BrainName,
    Device,
    PathText,
    SchedulerAddress,
    Seed,
    StageConfig,
)
from pipeline.words import (
    FEATURE_CONTROLS,
    Objective,
    Pooling,
    Precision,
    PromptPositions,
    Similarity,
    Split,
    StimulusContext,
)

ModelUri = Annotated[
    str,
    Field(
        pattern=r"^(models:/[^/@]+(@[^/@]+|/\d+)|[^:]+)$",
        description="Tuned model, as models:/<base>-<task>@<method> or models:/<name>/<version>; "
        "or a base that nothing was done to: a name in BASES, a local directory, or "
        "organisation/name of the hub.",
    ),
]
PoolingSetting = Annotated[
    Pooling,
    Field(
        description="One vector a stimulus: mean over tokens or patches, last token (text), "
        "class token (image)."
    ),
]


class ExtractConfig(StageConfig):
    """Compute the features of a tuned model for the stimuli of a brain dataset."""

    model: ModelUri
    brain: BrainName
    brain_dir: BrainDirectory = ""
    pooling: PoolingSetting = "mean"
    tokens_at_once: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="Tokens or patches of stimuli computed at once, padding and prompts counted; "
        "0: 512 on a CPU, 16384 on a GPU.",
    )
    device: Device = "auto"
    dtype: Precision = Field(
        "float32",
        description="Type of weights and states while features are computed; they are kept as "
        "float32.",
    )
    prompt_room: int = Field(
        -1,
        ge=-1,
        le=1_000_000,
        description="Positions of a language model's context that every method leaves free for "
        "prompts, so that all versions of a base read the same tokens of a stimulus; -1: a quarter "
        "of the context.",
    )
    context: StimulusContext = Field(
        "alone",
        description="What a sentence is read behind: nothing, or the sentences of its stimulus "
        "group before it; its own tokens alone are pooled. Pictures stand alone.",
    )
    prompt_positions: PromptPositions = Field(
        "out",
        description="Whether a mean over tokens or patches is over the positions of a prompt, too. "
        "Versions without any are the same either way.",
    )
    trust_registry: bool = Field(
        False,
        description="Run the code of a version even where it is not that of this project: as safe "
        "as whoever can write to the registry.",
    )

    @field_validator("prompt_positions")
    @classmethod
    def _positions_are_averaged(
        cls, prompt_positions: PromptPositions, info: ValidationInfo
    ) -> PromptPositions:
        pooling = info.data.get("pooling", "mean")
        if prompt_positions == "in" and pooling != "mean":
            raise PydanticCustomError(
                "positions_are_averaged",
                "out with pooling {pooling}, which is one token's",
                {"pooling": pooling},
            )
        return prompt_positions


class ScoreConfig(StageConfig):
    """How features and responses are split, fitted and compared: all that the engine is told."""

    split: Split = Field(
        default="grouped",
        description="Folds of whole stimulus groups; of shuffled stimuli (the seed paper's way: "
        "groups leak, and grouped folds are scored beside them to show how much); of blocks of "
        "the order of presentation; or one fold for each group.",
    )
    folds: int = Field(
        default=5, ge=2, le=10_000, description="Outer folds; leave-one-group-out has its own."
    )
    fold: int = Field(
        default=-1,
        ge=-1,
        le=9_999,
        description="The one outer fold that is scored, counted from 0: a version that was tuned "
        "on stimuli or responses belongs to one; -1 scores all.",
    )
    inner_folds: int = Field(
        default=5, ge=2, le=10_000, description="Folds inside each training fold, for alpha."
    )
    trials: int = Field(default=20, ge=1, le=10_000, description="Optuna trials over ridge alpha.")
    alpha_low: float = Field(
        default=1e-4,
        ge=1e-12,
        le=1e12,
        description="Smallest alpha tried, in units of the mean eigenvalue of the training kernel.",
    )
    alpha_high: float = Field(
        default=1e4, ge=1e-12, le=1e12, description="Largest alpha tried, in the same units."
    )
    objective: Objective = Field(
        default="two_vs_two", description="Inner score that chooses alpha and layer."
    )
    similarity: Similarity = Field(
        default="pearson", description="How a predicted and a true pattern are compared."
    )
    width: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Principal components of the training stimuli that every layer is reduced to, "
        "so that wide models have no advantage; 0 leaves layers as they are.",
    )
    seed: Seed = 0

    @field_validator("alpha_high")
    @classmethod
    def _alphas_span_a_range(cls, alpha_high: float, info: ValidationInfo) -> float:
        alpha_low = info.data.get("alpha_low")
        if alpha_low is not None and alpha_low >= alpha_high:
            raise PydanticCustomError(
                "alphas_span_a_range",
                "above alpha_low, which is {alpha_low}",
                {"alpha_low": alpha_low},
            )
        return alpha_high

    @property
    def first_fold(self) -> int:
        """Number of the first outer fold that is scored."""
        return max(self.fold, 0)


class ComputeConfig(StageConfig):
    """Where an alignment is computed, and in which pieces; no score depends on it."""

    workers: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Processes on this machine; 0: as many as it has cores for, none beside this "
        "one where the work is small.",
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=1024,
        description="BLAS threads of each unit of work. Another number may change the last bit.",
    )
    scheduler: SchedulerAddress = Field(
        default="",
        description="Address of a dask scheduler whose workers do the work; empty: this machine.",
    )
    ridge_device: Literal["cpu", "cuda"] = Field(
        default="cpu",
        description="Where ridge is computed for ROIs of more voxels than stimuli: cuda pays on a "
        "GPU that is made for float64, such as an A100 or H100.",
    )
    rois_per_unit: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="ROIs in one unit of work; 0: all of a subject, which shares most; 1 makes "
        "the most units, for a cluster.",
    )


class AlignConfig(ComputeConfig, ScoreConfig, ExtractConfig):
    """Score how well a tuned model's features and a brain's responses predict one another."""

    features: PathText = Field(
        "",
        description="Folder of features that another tool computed, scored in the place of a "
        "model's here; model is then the name they get. One array a layer in .npz or .safetensors, "
        "and stimuli.txt with the stimulus of each row: a sentence, or a picture's number from 0.",
    )
    repeats: int = Field(
        1,
        ge=1,
        le=1000,
        description="How often the whole split is made anew, each time with the next seed.",
    )
    near_identical: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Pixel correlation from which two pictures share a stimulus group, beside the "
        "groups of the brain dataset; sentences that are the same always do.",
    )
    permutations: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Exchanges of stimulus groups for a p value of each direction, ROI and "
        "subject, layer and alpha chosen anew for each, and over all subjects; 0 tests nothing.",
    )
    maps: bool = Field(
        False,
        description="Write r and R² of every voxel as .npy, and NIfTI where places are known.",
    )
    partition: bool = Field(
        False,
        description="Part R² of every voxel into what is unique to the model, unique to nuisance "
        "features, and shared, by banded ridge with a penalty for each; needs nuisance.",
    )
    nuisance: bool = Field(
        True,
        validate_default=True,
        description="Score nuisance features too (length, position, word frequency, brightness, "
        "pixels) and a bag of words, and what the model explains beyond the former.",
    )

    @field_validator("features")
    @classmethod
    def _features_have_a_name(cls, features: str, info: ValidationInfo) -> str:
        model = str(info.data.get("model", ""))
        if features and model.startswith("models:/"):
            raise PydanticCustomError(
                "features_have_a_name",
                "nothing beside {model}: features of another tool take model as their name",
                {"model": model},
            )
        if features and model in FEATURE_CONTROLS:
            raise PydanticCustomError(
                "features_have_a_name",
                "features with another name than {model}, which a report calls its own control",
                {"model": model},
            )
        return features

    @field_validator("repeats")
    @classmethod
    def _repeats_need_chance(cls, repeats: int, info: ValidationInfo) -> int:
        split = info.data.get("split")
        if repeats > 1 and info.data.get("fold", -1) >= 0:
            raise PydanticCustomError(
                "one_fold_is_not_repeated", "1 with one fold, which belongs to one seed"
            )
        if repeats > 1 and split in ("contiguous", "leave-one-group-out"):
            raise PydanticCustomError(
                "repeats_need_chance",
                "1 with split {split}, whose folds do not depend on a seed",
                {"split": split},
            )
        return repeats

    @field_validator("nuisance")
    @classmethod
    def _partition_needs_nuisance(cls, nuisance: bool, info: ValidationInfo) -> bool:
        if info.data.get("partition") and not nuisance:
            raise PydanticCustomError(
                "partition_needs_nuisance", "true with partition: R² is parted between both"
            )
        return nuisance
