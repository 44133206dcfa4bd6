"""The settings of ``export`` and ``import``."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.stage import PathText, StageConfig


class ExportConfig(StageConfig):
    """Write a study and all that it rests on into one archive with checksums."""

    study: str = Field("", description="Run id of the study to export; empty takes the latest one.")
    archive: PathText = Field(
        "", description="File to write; empty names it after the study, in this directory."
    )


class ImportConfig(StageConfig):
    """Check an archive of a study and open it as a store of its own."""

    archive: PathText = Field(min_length=1, description="File that export has written.")
    folder: PathText = Field(min_length=1, description="New folder for the store.")


class SizesConfig(StageConfig):
    """Say what a study takes in the store, by stages and versions."""

    study: str = Field("", description="Run id of the study; empty: the newest that is finished.")
