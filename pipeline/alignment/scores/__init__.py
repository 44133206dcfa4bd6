"""Brain scores: the registries that engine, tables and report read."""

from pipeline.alignment.scores.cka import cka
from pipeline.alignment.scores.crossvalidated import rsa_crossvalidated
from pipeline.alignment.scores.fit import Fit, FitScore
from pipeline.alignment.scores.partition import (
    PartitionScore,
    both_r2,
    shared_r2,
    unique_model_r2,
    unique_nuisance_r2,
)
from pipeline.alignment.scores.rsa import rsa_cosine, rsa_pearson
from pipeline.alignment.scores.score import Comparison, Score
from pipeline.alignment.scores.voxels import voxel_r, voxel_r2
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two

#: Functions of R, computed for every layer: each is a column of the table of scores.
SCORES: dict[str, Score[Comparison]] = {
    "two_vs_two": Score("2v2 accuracy", 0.5, lambda test: two_vs_two(test.R)),
    "correlation": Score("correlation of patterns", 0.0, lambda test: mean_correlation(test.R)),
    "rank_accuracy": Score("rank accuracy", 0.5, lambda test: rank_accuracy(test.R)),
    "two_vs_two_within": Score(
        "2v2 accuracy, hard pairs", 0.5, lambda test: two_vs_two(test.R, test.pairs_within)
    ),
}

#: Functions of a fit, computed for the layer and alpha that encoding chose in each fold.
FIT_SCORES: dict[str, FitScore] = {
    "voxel_r": FitScore("voxel r (median)", 0.0, patterns=False, compute=voxel_r),
    "voxel_r2": FitScore("voxel R² (median)", 0.0, patterns=False, compute=voxel_r2),
    "rsa_pearson": FitScore("RSA, correlation", 0.0, patterns=True, compute=rsa_pearson),
    "rsa_cosine": FitScore("RSA, cosine", 0.0, patterns=True, compute=rsa_cosine),
    "rsa_crossvalidated": FitScore(
        "RSA, cross-validated", 0.0, patterns=True, compute=rsa_crossvalidated
    ),
    "cka": FitScore("CKA, debiased", 0.0, patterns=True, compute=cka),
}

#: Parts of R² by banded ridge beside nuisance features, at the layer that both together chose.
PARTITION_SCORES: dict[str, PartitionScore] = {
    "both_r2": PartitionScore("R², with nuisance features", both_r2),
    "unique_model_r2": PartitionScore("R², unique to the model", unique_model_r2),
    "unique_nuisance_r2": PartitionScore("R², unique to nuisance", unique_nuisance_r2),
    "shared_r2": PartitionScore("R², shared with nuisance", shared_r2),
}

__all__ = ["FIT_SCORES", "PARTITION_SCORES", "SCORES", "Comparison", "Fit", "FitScore", "Score"]
