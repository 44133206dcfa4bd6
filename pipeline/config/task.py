"""The settings of a task: which labelled examples a base is tuned on, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pipeline.config.stage import PathText, Seed, StageConfig, listed_names, user_path

N_SPLITS = 3


class TaskConfig(StageConfig):
    """Examples of a task to train, validate and test on."""

    settings_of: ClassVar[str] = "task"

    task: str = Field(description="Task, a name in TASKS.")
    seed: Seed = 0
    data_dir: PathText = Field("", description="Directory of the task's files, where it has any.")
    max_train: int = Field(2000, ge=2, le=100_000_000, description="Most examples to train on.")
    max_eval: int = Field(
        200, ge=2, le=10_000_000, description="Most examples to validate on, and to test on."
    )
    splits: str = Field(
        "",
        description="Splits of the corpus to train, validate and test on, as a,b,c; a name that "
        "comes twice is divided; empty takes the usual ones.",
    )
    languages: str = Field(
        "",
        max_length=100,
        description="What to translate from and to, such as en-de, or the language of code to "
        "summarise.",
    )
    shots: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="Examples of each class to train on (in all, without classes) in place of "
        "max_train; 0 for no such limit.",
    )
    image_size: int = Field(
        0,
        ge=0,
        le=2048,
        description="Side in pixels that pictures are brought to; 0 leaves them.",
    )

    @field_validator("splits")
    @classmethod
    def _splits_are_three(cls, splits: str) -> str:
        if splits and len(listed_names(splits)) != N_SPLITS:
            raise PydanticCustomError(
                "splits_are_three", "three names of splits, separated by commas, or nothing"
            )
        return splits

    @property
    def directory(self) -> Path | None:
        """Folder of the task's files; None: it is read from the hub, or needs no files."""
        return user_path(self.data_dir)

    @property
    def split_names(self) -> tuple[str, ...]:
        """Names of the splits to train, validate and test on; empty: the usual ones."""
        return listed_names(self.splits)
