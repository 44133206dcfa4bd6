"""The settings of ``report``."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.stage import StageConfig


class ReportConfig(StageConfig):
    """Gather a study's scores into tables, figures and one page."""

    study: str = Field("", description="Run id of the study to report; empty takes the latest one.")
