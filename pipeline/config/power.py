"""The settings of ``power``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.brain import SimulationConfig, Variance, at_most_values
from pipeline.config.stage import PathText, listed_names
from pipeline.words import Direction

MOST_FLIPPED = 12
FIGURES = (".png", ".svg", ".pdf")
_MOST_DIFFERENCES = 50


class PowerConfig(SimulationConfig):
    """Say how often a study would find a true difference in 2v2 between two models."""

    n_stimuli: int = Field(
        192, ge=8, le=2000, multiple_of=4, description="Sentences, in passages of 4."
    )
    n_repeats: int = Field(1, ge=1, le=1000, description="Presentations of each stimulus.")
    n_subjects: int = Field(8, ge=2, le=1000, description="Subjects of the study that is planned.")
    differences: str = Field(
        "0.01,0.02,0.03,0.05",
        description="True differences of mean 2v2 accuracy to be found, separated by commas.",
    )
    direction: Direction = Field(
        "encoding", description="Features to voxels, or voxels to features."
    )
    folds: int = Field(
        5,
        ge=2,
        le=500,
        validate_default=True,
        description="Folds of whole passages that each subject has.",
    )
    model_noise: Variance = Field(
        1.0,
        description="Variance of what the models' features hold beside the meaning of the "
        "sentences (variance 1): more makes models worse and less alike.",
    )
    heterogeneity: float = Field(
        0.01,
        ge=0,
        le=0.5,
        allow_inf_nan=False,
        description="Standard deviation over subjects of the true difference, beside what the "
        "simulation shows.",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="Significance level, two-sided.")
    test: Literal["t", "sign-flip"] = Field("t", description="Paired, over subjects.")
    pilot_subjects: int = Field(
        16,
        ge=2,
        le=64,
        validate_default=True,
        description="Subjects that are simulated to see how much differences vary.",
    )
    figure: PathText = Field("", description="File for a figure of it (.png, .svg, .pdf).")

    @field_validator("differences")
    @classmethod
    def _differences_are_of_accuracy(cls, differences: str) -> str:
        try:
            numbers = [float(word) for word in differences.split(",")]
        except ValueError:
            numbers = []
        sound = all(math.isfinite(number) and abs(number) <= 0.5 for number in numbers)
        if not sound or not 1 <= len(numbers) <= _MOST_DIFFERENCES:
            raise PydanticCustomError(
                "differences_are_of_accuracy",
                "1 to {most} numbers from -0.5 to 0.5, as in 0.01,0.02: differences of accuracies",
                {"most": _MOST_DIFFERENCES},
            )
        return differences

    @field_validator("folds")
    @classmethod
    def _folds_hold_passages(cls, folds: int, info: ValidationInfo) -> int:
        n_passages = info.data.get("n_stimuli", 4 * folds) // 4
        if folds > n_passages:
            raise PydanticCustomError(
                "folds_hold_passages",
                "at most {n_passages}, the passages of 4 sentences",
                {"n_passages": n_passages},
            )
        return folds

    @field_validator("test")
    @classmethod
    def _signs_can_be_flipped(cls, test: str, info: ValidationInfo) -> str:
        if test == "sign-flip" and info.data.get("n_subjects", 0) > MOST_FLIPPED:
            raise PydanticCustomError(
                "signs_can_be_flipped",
                "t with more than {most} subjects: the signs of all are flipped in all ways",
                {"most": MOST_FLIPPED},
            )
        return test

    @field_validator("pilot_subjects")
    @classmethod
    def _pilot_fits_in_memory(cls, pilot_subjects: int, info: ValidationInfo) -> int:
        return at_most_values(pilot_subjects, info, ("n_stimuli", "n_voxels", "n_repeats"))

    @field_validator("figure")
    @classmethod
    def _figure_can_be_written(cls, figure: str) -> str:
        if figure and not (figure.endswith(FIGURES) and Path(figure).parent.is_dir()):
            raise PydanticCustomError(
                "figure_can_be_written",
                "a file in an existing folder that ends in {endings}",
                {"endings": ", ".join(FIGURES)},
            )
        return figure

    @property
    def true_differences(self) -> tuple[float, ...]:
        """Differences to be found, in units of accuracy."""
        return tuple(float(word) for word in listed_names(self.differences))
