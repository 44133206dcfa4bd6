"""The settings of brain datasets, in the parts that their loaders take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.stage import (
    BrainDirectory,
    BrainName,
    PathText,
    Seed,
    StageConfig,
    listed_names,
    user_path,
)

_LEAST_VARIANCE = 1e-6
_MOST_VALUES = 200_000_000  # responses of one ROI in all presentations: 800 MB


def _zero_or_large_enough(variance: float) -> float:
    if 0 < variance < _LEAST_VARIANCE:
        raise PydanticCustomError(
            "zero_or_large_enough",
            "0, or at least {least}: less is lost in rounding",
            {"least": _LEAST_VARIANCE},
        )
    return variance


Variance = Annotated[
    float, Field(ge=0, le=1e6, allow_inf_nan=False), AfterValidator(_zero_or_large_enough)
]


class SimulationConfig(StageConfig):
    """Stimuli, voxels and noise of simulated subjects."""

    seed: Seed = 0
    n_stimuli: int = Field(
        192, ge=4, le=20_000, description="Sentences (in passages of 4) or pictures (in pairs)."
    )
    n_voxels: int = Field(80, ge=2, le=100_000, description="Voxels in each ROI.")
    effect: Variance = Field(1.0, description="Signal variance, as a multiple of the usual one.")
    group_noise: Variance = Field(
        3.0,
        description="Variance of the noise that the stimuli of a group share in one presentation. "
        "The signal of the strongest ROI has variance 1: with the usual noise it is a tenth of "
        "what is measured, as in single trials of fMRI.",
    )
    white_noise: Variance = Field(12.0, description="Variance of all other noise.")
    n_repeats: int = Field(
        2, ge=1, le=1000, validate_default=True, description="Presentations of each stimulus."
    )

    @field_validator("white_noise")
    @classmethod
    def _voxels_vary(cls, white_noise: float, info: ValidationInfo) -> float:
        if white_noise == 0 == info.data.get("effect") == info.data.get("group_noise"):
            raise PydanticCustomError(
                "voxels_vary", "above 0 with effect and group_noise 0: no voxel would ever vary"
            )
        return white_noise

    @field_validator("n_repeats")
    @classmethod
    def _responses_fit_in_memory(cls, n_repeats: int, info: ValidationInfo) -> int:
        return at_most_values(n_repeats, info, ("n_stimuli", "n_voxels"))


def at_most_values(number: int, info: ValidationInfo, others: tuple[str, ...]) -> int:
    """Refuse a number of things that with the other numbers makes too many responses to hold."""
    values = number
    for name in others:
        values *= info.data.get(name, 1)
    if values > _MOST_VALUES:
        sizes = " x ".join(f"{name} {info.data[name]:,}" for name in others if name in info.data)
        raise PydanticCustomError(
            "too_many_values",
            "at most {most}: with {others} there are {most_values} responses of each ROI at most",
            {
                "most": f"{_MOST_VALUES * number // values:,}",
                "others": sizes,
                "most_values": f"{_MOST_VALUES:,}",
            },
        )
    return number


class BrainConfig(StageConfig):
    """Which brain dataset, and where its files are."""

    brain: BrainName
    brain_dir: BrainDirectory = ""

    @property
    def directory(self) -> Path | None:
        """Folder of the dataset's files; None: no folder was named."""
        return user_path(self.brain_dir)


class SimulatedBrainConfig(SimulationConfig, BrainConfig):
    """Subjects that are simulated."""

    n_subjects: int = Field(
        3, ge=1, le=1000, validate_default=True, description="Simulated subjects."
    )

    @field_validator("n_subjects")
    @classmethod
    def _subjects_fit_in_memory(cls, n_subjects: int, info: ValidationInfo) -> int:
        return at_most_values(n_subjects, info, ("n_stimuli", "n_voxels", "n_repeats"))


class MeasuredBrainConfig(BrainConfig):
    """Voxels as scanners leave them."""

    max_unusable: float = Field(
        0.5,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Largest share of a ROI's voxels that may be left out as NaN, infinite or "
        "constant; with more, the data is refused.",
    )


class SelectedBrainConfig(MeasuredBrainConfig):
    """Subjects and ROIs to keep."""

    subjects: str = Field("", description="Subjects to keep, separated by commas; empty keeps all.")
    rois: str = Field(
        "",
        description="ROIs to keep, separated by commas; empty keeps all. Of pereira2018 networks "
        "(language, dmn, task, visual: those that empty keeps), atlases (visual_face, "
        "languageLH), Gordon's networks (gordon:Default) and parcels (aal_1ofN:...).",
    )

    @property
    def subject_names(self) -> tuple[str, ...]:
        """Subjects to keep; empty: all."""
        return listed_names(self.subjects)

    @property
    def roi_names(self) -> tuple[str, ...]:
        """ROIs to keep; empty: all."""
        return listed_names(self.rois)


class GroupedBrainConfig(SelectedBrainConfig):
    """What makes a stimulus group, where a dataset offers several."""

    groups: Literal["", "passage", "topic", "image", "source"] = Field(
        "",
        description="Stimulus groups. pereira2018: passage (the usual ones) or topic. bold5000: "
        "image (the usual ones) or source (COCO, ImageNet, Scene).",
    )


class Bold5000Config(GroupedBrainConfig):
    """Hemispheres and pictures of BOLD5000."""

    hemispheres: Literal["joined", "apart"] = Field(
        "joined", description="ROIs of both hemispheres (LOC) or one (LHLOC, RHLOC)."
    )
    image_size: int = Field(
        224,
        ge=1,
        le=2048,
        description="Height and width of the pictures, in pixels: 4,916 of 224 take 740 MB.",
    )
    image_dir: PathText = Field(
        "",
        description="The folder of COCO, ImageNet and Scene; empty takes "
        "BOLD5000_Stimuli/Scene_Stimuli/Presented_Stimuli in brain_dir.",
    )


class Bold5000RoisConfig(Bold5000Config):
    """Volumes of release 1.0."""

    tr: Literal["1", "2", "3", "4", "5", "34"] = Field(
        "34", description="Volume after the onset, 2 s each; 34 is the mean of 3 and 4."
    )


class Bold5000BetasConfig(Bold5000Config):
    """Sessions of release 2.0."""

    zscore: Literal["session", "none"] = Field(
        "session", description="Z-score each voxel within each session, or not."
    )


class NiftiConfig(SelectedBrainConfig):
    """An atlas that lies elsewhere."""

    atlas: PathText = Field(
        "",
        description="A volume with the number of its ROI in each voxel, instead of masks or an "
        "atlas in brain_dir.",
    )
    labels: PathText = Field(
        "",
        description="Table (columns index, name) of the numbers in atlas; empty takes labels.csv "
        "beside it.",
    )
