"""The settings of the stages, with the only defaults there are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

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
    base: str = Field(
        "tiny-gpt2",
        description="Base: a name in BASES, a local directory, or organisation/name@revision "
        "(timm/name) of the hub.",
    )
    task: str = Field(description="Task, a name in TASKS.")
    method: str = Field(description="Method, a name in METHODS.")
    seed: Seed = 0
    data_dir: str = Field("", description="Directory of the task's files, where it has any.")
    max_train: int = Field(2000, ge=2, description="Most examples to train on.")
    max_eval: int = Field(200, ge=2, description="Most examples to validate on, and to test on.")
    splits: str = Field(
        "",
        description="Splits of the corpus to train, validate and test on, as a,b,c; a name given "
        "twice is divided; empty takes the usual ones.",
    )
    languages: str = Field(
        "",
        description="What to translate from and to, such as en-de, or the language of code to "
        "summarise.",
    )
    shots: int = Field(
        0,
        ge=0,
        description="Examples of each class to train on (in all, without classes) in place of "
        "max_train; 0 for no such limit.",
    )
    image_size: int = Field(
        0, ge=0, description="Side in pixels that pictures are brought to; 0 leaves them."
    )

    # the method
    prompt_length: int = Field(10, ge=1, description="Prompt positions of the prompt methods.")
    prompt_init: Literal["random", "vocabulary", "text"] = Field(
        "vocabulary",
        description="Where prompts for text start: uniform noise, embeddings of drawn tokens, or "
        "those of prompt_text.",
    )
    prompt_text: str = Field("", description="Text that a prompt starts from.")
    prefix_mlp: int = Field(
        0,
        ge=0,
        description="Prefix: hidden units of the MLP that makes keys and values while they are "
        "trained (P-Tuning v2); 0 trains them directly.",
    )
    lora_rank: int = Field(8, ge=1, description="Rank of what LoRA adds to a weight.")
    lora_alpha: float = Field(
        16.0, gt=0, description="LoRA: what is learned is scaled by lora_alpha / lora_rank."
    )
    adapter_width: int = Field(64, ge=1, description="Adapters: units in each bottleneck.")

    # how to train
    learning_rate: float = Field(
        0.0, ge=0, description="Peak learning rate; 0 takes the method's own recipe."
    )
    weight_decay: float = Field(
        -1.0, ge=-1, description="Weight decay; -1 takes the method's own recipe."
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

    @field_validator("trials")
    @classmethod
    def _trials_choose_the_rate(cls, trials: int, info: ValidationInfo) -> int:
        if trials and info.data.get("learning_rate"):
            raise PydanticCustomError(
                "trials_choose_the_rate", "0 with a learning_rate, which a search would choose"
            )
        return trials


class _Simulation(StageConfig):
    """How subjects are simulated."""

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


class _BrainChoice(StageConfig):
    """Which brain dataset, and where its files are."""

    brain: BrainName
    brain_dir: BrainDirectory = ""


class PrepareConfig(_Simulation, _BrainChoice):
    """Read brain data into one checked form, show what is in it, keep a copy for later stages."""

    subjects: str = Field(
        "",
        description="pereira2018, coursework-sentences, bold5000, nifti, arrays: subjects to keep, "
        "separated by commas; empty keeps all.",
    )
    rois: str = Field(
        "",
        description="pereira2018, coursework-sentences, bold5000, nifti, arrays: ROIs to keep, "
        "separated by commas; empty keeps all. Of pereira2018 networks (language, dmn, task, "
        "visual: those that empty keeps), atlases (visual_face, languageLH), Gordon's networks "
        "(gordon:Default) and parcels (aal_1ofN:...).",
    )
    max_unusable: float = Field(
        0.5,
        ge=0,
        le=1,
        description="pereira2018, coursework-sentences, digit69, bold5000, nifti, arrays: largest "
        "share of a ROI's voxels that may be left out as NaN, infinite or constant; with more, "
        "the data is refused.",
    )
    groups: Literal["", "passage", "topic", "image", "source"] = Field(
        "",
        description="Stimulus groups. pereira2018-384, -243, -627: passage (the usual ones) or "
        "topic. bold5000: image (the usual ones) or source (COCO, ImageNet, Scene).",
    )
    hemispheres: Literal["joined", "apart"] = Field(
        "joined", description="bold5000: ROIs of both hemispheres (LOC) or one (LHLOC, RHLOC)."
    )
    tr: Literal["1", "2", "3", "4", "5", "34"] = Field(
        "34",
        description="bold5000 (release 1.0): volume after the onset, 2 s each; 34 is the mean of "
        "3 and 4.",
    )
    zscore: Literal["session", "none"] = Field(
        "session", description="bold5000-2.0: z-score each voxel within each session, or not."
    )
    image_size: int = Field(
        224, ge=1, description="bold5000: height and width of the pictures, in pixels."
    )
    image_dir: str = Field(
        "",
        description="bold5000: the folder of COCO, ImageNet and Scene; empty takes "
        "BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli in brain_dir.",
    )
    atlas: str = Field(
        "",
        description="nifti: a volume with the number of its ROI in each voxel, instead of masks "
        "or an atlas in brain_dir.",
    )
    labels: str = Field(
        "",
        description="nifti: table (columns index, name) of the numbers in atlas; empty takes "
        "labels.csv beside it.",
    )


class PowerConfig(_Simulation):
    """Say how often a study would find a true difference in 2v2 between two models."""

    n_subjects: int = Field(8, ge=2, description="Subjects of the study that is planned.")
    n_repeats: int = Field(1, ge=1, description="Presentations of each stimulus.")
    differences: str = Field(
        "0.01,0.02,0.03,0.05",
        description="True differences of mean 2v2 accuracy to be found, separated by commas.",
    )
    direction: Literal["encoding", "decoding"] = Field(
        "encoding", description="Features to voxels, or voxels to features."
    )
    folds: int = Field(5, ge=2, description="Folds of whole passages that each subject has.")
    model_noise: float = Field(
        1.0,
        ge=0,
        description="Variance of what the models' features hold beside the meaning of the "
        "sentences (variance 1): more makes models worse and less alike.",
    )
    heterogeneity: float = Field(
        0.01,
        ge=0,
        description="Standard deviation over subjects of the true difference, beside what the "
        "simulation shows.",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="Significance level, two-sided.")
    test: Literal["t", "sign-flip"] = Field("t", description="Paired, over subjects.")
    pilot_subjects: int = Field(
        16, ge=2, description="Subjects that are simulated to see how much differences vary."
    )
    figure: str = Field("", description="File for a figure of it (.png, .svg, .pdf).")


class ExtractConfig(StageConfig):
    """Compute the features of a tuned model for the stimuli of a brain dataset."""

    model: ModelUri
    brain: BrainName
    brain_dir: BrainDirectory = ""
    pooling: Pooling = "mean"
    batch_size: int = Field(64, ge=1, description="Stimuli computed at once.")


class AlignConfig(ExtractConfig):
    """Score how well a tuned model's features and a brain's responses predict one another."""

    split: Literal["grouped", "shuffled", "contiguous", "leave-one-group-out"] = Field(
        "grouped",
        description="Folds of whole stimulus groups; of shuffled stimuli (the seed paper's way: "
        "groups leak, and grouped folds are scored beside them to show how much); of blocks of "
        "the order of presentation; or one fold for each group.",
    )
    folds: int = Field(5, ge=2, description="Outer folds; leave-one-group-out has its own.")
    repeats: int = Field(
        1, ge=1, description="How often the whole split is made anew, each time with the next seed."
    )
    near_identical: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Pixel correlation from which two pictures share a stimulus group, beside the "
        "groups of the brain dataset; sentences that are the same always do.",
    )
    inner_folds: int = Field(5, ge=2, description="Folds inside each training fold, for alpha.")
    trials: int = Field(20, ge=1, description="Optuna trials over ridge alpha.")
    alpha_low: float = Field(
        1e-4,
        gt=0,
        description="Smallest alpha tried, in units of the mean eigenvalue of the training kernel.",
    )
    alpha_high: float = Field(1e4, gt=0, description="Largest alpha tried, in the same units.")
    objective: Literal["two_vs_two", "correlation"] = Field(
        "two_vs_two", description="Inner score that chooses alpha and layer."
    )
    similarity: Literal["pearson", "cosine"] = Field(
        "pearson", description="How a predicted and a true pattern are compared."
    )
    width: int = Field(
        0,
        ge=0,
        description="Principal components of the training stimuli that every layer is reduced to, "
        "so that wide models have no advantage; 0 leaves layers as they are.",
    )
    permutations: int = Field(
        0,
        ge=0,
        description="Exchanges of stimulus groups for a p value of each direction, ROI and "
        "subject, at the layer and alpha of each fold, which are not chosen anew; 0 tests nothing.",
    )
    maps: bool = Field(
        False,
        description="Write r and R² of every voxel as .npy, and NIfTI where places are known.",
    )
    nuisance: bool = Field(
        True,
        validate_default=True,
        description="Score nuisance features too (length, position, brightness, pixels), and what "
        "the model explains beyond them.",
    )
    seed: Seed = 0
    workers: int = Field(
        0, ge=0, description="Processes on this machine; 0: as many as it has cores for."
    )
    threads: int = Field(
        1,
        ge=1,
        description="BLAS threads of each unit of work. Another number may change the last bit.",
    )
    scheduler: str = Field(
        "",
        description="Address of a dask scheduler whose workers do the work; empty: this machine.",
    )
    rois_per_unit: int = Field(
        0,
        ge=0,
        description="ROIs in one unit of work; 0: all of a subject, which shares most; 1 makes "
        "the most units, for a cluster.",
    )

    @field_validator("repeats")
    @classmethod
    def _repeats_need_chance(cls, repeats: int, info: ValidationInfo) -> int:
        split = info.data.get("split")
        if repeats > 1 and split in ("contiguous", "leave-one-group-out"):
            raise PydanticCustomError(
                "repeats_need_chance",
                "1 with split {split}, whose folds do not depend on a seed",
                {"split": split},
            )
        return repeats

    @field_validator("permutations")
    @classmethod
    def _permutations_need_all_features(cls, permutations: int, info: ValidationInfo) -> int:
        if permutations and info.data.get("width"):
            raise PydanticCustomError(
                "permutations_need_all_features",
                "0 with a width: components of every fold are others, and no exchange is the same",
            )
        return permutations

    @field_validator("nuisance")
    @classmethod
    def _nuisance_needs_all_features(cls, nuisance: bool, info: ValidationInfo) -> bool:
        if nuisance and info.data.get("width"):
            raise PydanticCustomError(
                "nuisance_needs_all_features",
                "false with a width: what a model explains beyond nuisance features is computed "
                "from all of its features",
            )
        return nuisance


class ReportConfig(StageConfig):
    """Gather a study's scores into tables, figures and one page."""

    study: str = Field("", description="Run id of the study to report; empty takes the latest one.")
