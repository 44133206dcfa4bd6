"""One model per stage: the only place where a default is written."""

from pipeline.config.align import AlignConfig, ComputeConfig, ExtractConfig, ScoreConfig
from pipeline.config.catalogue import Catalogue, Listed
from pipeline.config.loading import load_config, read_study
from pipeline.config.prepare import PowerConfig, PrepareConfig
from pipeline.config.report import ReportConfig
from pipeline.config.stage import StageConfig
from pipeline.config.study import Cell, Grid, StudyConfig
from pipeline.config.task import TaskConfig
from pipeline.config.tune import TuneConfig

__all__ = [
    "AlignConfig",
    "Catalogue",
    "Cell",
    "ComputeConfig",
    "ExtractConfig",
    "Grid",
    "Listed",
    "PowerConfig",
    "PrepareConfig",
    "ReportConfig",
    "ScoreConfig",
    "StageConfig",
    "StudyConfig",
    "TaskConfig",
    "TuneConfig",
    "load_config",
    "read_study",
]
