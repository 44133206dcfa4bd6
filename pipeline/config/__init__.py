"""One model per stage: the only place where a default is written."""

from pipeline.config.align import AlignConfig, ComputeConfig, ExtractConfig, ScoreConfig
from pipeline.config.archive import ExportConfig, ImportConfig, SizesConfig
from pipeline.config.brain import (
    Bold5000BetasConfig,
    Bold5000Config,
    Bold5000RoisConfig,
    BrainConfig,
    GroupedBrainConfig,
    MeasuredBrainConfig,
    NiftiConfig,
    SelectedBrainConfig,
    SimulatedBrainConfig,
    SimulationConfig,
)
from pipeline.config.catalogue import Catalogue, Listed
from pipeline.config.cells import (
    ONLY_SCORES,
    Cell,
    StageSettings,
    UntunedModel,
    declared_aligns,
    specification_of,
)
from pipeline.config.main import MainConfig
from pipeline.config.method import MethodConfig
from pipeline.config.power import PowerConfig
from pipeline.config.prepare import PrepareConfig
from pipeline.config.regime import RegimeConfig
from pipeline.config.report import ReportConfig, contrasts_of
from pipeline.config.stage import StageConfig
from pipeline.config.study import Grid, StudyConfig
from pipeline.config.study_file import read_study
from pipeline.config.task import TaskConfig
from pipeline.config.tune import TuneConfig
from pipeline.config.typed_settings import load_config

__all__ = [
    "ONLY_SCORES",
    "AlignConfig",
    "Bold5000BetasConfig",
    "Bold5000Config",
    "Bold5000RoisConfig",
    "BrainConfig",
    "Catalogue",
    "Cell",
    "ComputeConfig",
    "ExportConfig",
    "ExtractConfig",
    "Grid",
    "GroupedBrainConfig",
    "ImportConfig",
    "Listed",
    "MainConfig",
    "MeasuredBrainConfig",
    "MethodConfig",
    "NiftiConfig",
    "PowerConfig",
    "PrepareConfig",
    "RegimeConfig",
    "ReportConfig",
    "ScoreConfig",
    "SelectedBrainConfig",
    "SimulatedBrainConfig",
    "SimulationConfig",
    "SizesConfig",
    "StageConfig",
    "StageSettings",
    "StudyConfig",
    "TaskConfig",
    "TuneConfig",
    "UntunedModel",
    "contrasts_of",
    "declared_aligns",
    "load_config",
    "read_study",
    "specification_of",
]
