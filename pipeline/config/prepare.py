"""The settings of ``prepare``: those of every brain dataset together."""

from __future__ import annotations

from typing import ClassVar

from pipeline.config.brain import (
    Bold5000BetasConfig,
    Bold5000RoisConfig,
    NiftiConfig,
    SimulatedBrainConfig,
)


class PrepareConfig(NiftiConfig, Bold5000BetasConfig, Bold5000RoisConfig, SimulatedBrainConfig):
    """Read brain data into one checked form, show what is in it, keep a copy for later stages."""

    settings_of: ClassVar[str] = "brain"
