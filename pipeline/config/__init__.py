"""One model per stage: the only place where a default is written."""

from pipeline.config.catalogue import Catalogue, Listed
from pipeline.config.loading import load_config, read_study
from pipeline.config.stages import (
    AlignConfig,
    ExtractConfig,
    PowerConfig,
    PrepareConfig,
    ReportConfig,
    StageConfig,
    TuneConfig,
)
from pipeline.config.study import Cell, Grid, StudyConfig

__all__ = [
    "AlignConfig",
    "Catalogue",
    "Cell",
    "ExtractConfig",
    "Grid",
    "Listed",
    "PowerConfig",
    "PrepareConfig",
    "ReportConfig",
    "StageConfig",
    "StudyConfig",
    "TuneConfig",
    "load_config",
    "read_study",
]
