"""The settings of ``report``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config.stage import StageConfig

NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
FamilySetting = Annotated[
    str,
    Field(
        pattern=rf"^{NAME} - {NAME}(, {NAME} - {NAME})*$",
        max_length=1000,
        description="Differences that are the primary family, within which p values are corrected "
        "and over which one number is given, such as prompt - full, lora - full; prompts stands "
        "for every method that trains prompts only.",
    ),
]


def contrasts_of(family: str) -> tuple[tuple[str, str], ...]:
    """Read a family as pairs of a first method and the one that is subtracted."""
    pairs = (one.split(" - ") for one in family.split(", "))
    return tuple((first, second) for first, second in pairs)


class ReportConfig(StageConfig):
    """Gather the scores of a study, or of single align runs, into one page."""

    study: str = Field("", description="Run id of the study to report; empty takes the latest one.")
    runs: str = Field(
        default="",
        description="Align runs to report and no study: run ids, separated by commas, or a filter "
        "of MLflow such as tags.brain = 'arrays', of which the newest of each model counts.",
    )
    margin: float = Field(
        default=0.02,
        gt=0,
        lt=0.5,
        description="Differences in 2v2 accuracy within plus or minus this count as none.",
    )

    family: FamilySetting = "prompts - full"

    @field_validator("runs")
    @classmethod
    def _no_study_beside_runs(cls, runs: str, info: ValidationInfo) -> str:
        if runs and info.data.get("study"):
            raise ValueError("pass either study or runs: a report is of one of them")
        return runs
