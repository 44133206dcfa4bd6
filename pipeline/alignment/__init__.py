"""Scores of how well features of a model and responses of a brain predict each other.

Arrays in, tables out: folds that never split a stimulus group, Gram matrices z-scored by training
rows, kernel ridge, 2v2 accuracy, a nested search for alpha, and the noise ceiling.
"""

from pipeline.alignment.align import align, encode
from pipeline.alignment.ceilings.across_subjects import across_subjects_ceiling
from pipeline.alignment.ceilings.repeats import signal_ceiling, split_half_ceiling
from pipeline.alignment.columns import VoxelColumns
from pipeline.alignment.folds import Fold, audit_leaks, make_folds
from pipeline.alignment.score_tables import best_layers, mean_within
from pipeline.alignment.two_vs_two import rank_accuracy, two_vs_two
from pipeline.config import ScoreConfig

__all__ = [
    "Fold",
    "ScoreConfig",
    "VoxelColumns",
    "across_subjects_ceiling",
    "align",
    "audit_leaks",
    "best_layers",
    "encode",
    "make_folds",
    "mean_within",
    "rank_accuracy",
    "signal_ceiling",
    "split_half_ceiling",
    "two_vs_two",
]
