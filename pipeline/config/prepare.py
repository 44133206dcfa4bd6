"""The settings of what reads or simulates brain data: ``prepare`` and ``power``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.stage import BrainDirectory, BrainName, Seed, StageConfig
from pipeline.words import Direction


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
    direction: Direction = Field(
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
