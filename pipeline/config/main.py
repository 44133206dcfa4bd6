"""The settings of ``main``."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.stage import SchedulerAddress, StageConfig


class MainConfig(StageConfig):
    """Run a whole study, from bases to a report, as child runs of one run."""

    study: str = Field("studies/demo.yaml", description="Study file.")
    dry_run: bool = Field(
        False,
        description="Run nothing: check bases, data and brain datasets as far as they are here, "
        "and say which runs would be made, and what they would take.",
    )
    workers: int = Field(
        1,
        ge=1,
        le=1000,
        description="Tuned models that are worked on at once, each by a process of its own on this "
        "machine (dask).",
    )
    scheduler: SchedulerAddress = Field(
        "",
        description="Address of a dask scheduler whose workers do the work instead, one tuned "
        "model each at a time.",
    )
