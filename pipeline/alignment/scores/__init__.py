"""Brain scores: the registries that engine, tables and report read."""

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.scores.cka import cka
from pipeline.alignment.scores.crossvalidated import rsa_crossvalidated
from pipeline.alignment.scores.fit import Fit, FitScore, Partition
from pipeline.alignment.scores.rsa import rsa_cosine, rsa_pearson
from pipeline.alignment.scores.score import Comparison, Score
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two


def median(of_voxels: NDArray[np.float64]) -> float:
    """Return the median over the voxels of a ROI, shape (n_voxels,)."""
    return float(np.median(of_voxels))


def quartile(of_voxels: NDArray[np.float64], number: int) -> float:
    """Return the first, second or third quartile over the voxels of a ROI, shape (n_voxels,)."""
    return float(np.quantile(of_voxels, number / 4))


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
    "voxel_r": FitScore("voxel r (median)", 0.0, lambda fit: median(fit.r), patterns=False),
    "voxel_r_q1": FitScore(
        "voxel r (first quartile)", 0.0, lambda fit: quartile(fit.r, 1), patterns=False
    ),
    "voxel_r_q3": FitScore(
        "voxel r (third quartile)", 0.0, lambda fit: quartile(fit.r, 3), patterns=False
    ),
    "voxel_r2": FitScore("voxel R² (median)", 0.0, lambda fit: median(fit.r2), patterns=False),
    "rsa_pearson": FitScore("RSA, correlation", 0.0, rsa_pearson),
    "rsa_cosine": FitScore("RSA, cosine", 0.0, rsa_cosine),
    "rsa_crossvalidated": FitScore("RSA, cross-validated", 0.0, rsa_crossvalidated),
    "cka": FitScore("CKA, debiased", 0.0, cka),
}

#: Parts of R² by banded ridge beside nuisance features, at the layer that both together chose.
PARTITION_SCORES: dict[str, Score[Partition]] = {
    "both_r2": Score("R², with nuisance features", 0.0, lambda r2: median(r2.both)),
    "unique_model_r2": Score(
        "R², unique to the model", 0.0, lambda r2: median(r2.both - r2.nuisance)
    ),
    "unique_nuisance_r2": Score(
        "R², unique to nuisance", 0.0, lambda r2: median(r2.both - r2.model)
    ),
    # below 0 where they need each other
    "shared_r2": Score(
        "R², shared with nuisance", 0.0, lambda r2: median(r2.model + r2.nuisance - r2.both)
    ),
}

__all__ = ["FIT_SCORES", "PARTITION_SCORES", "SCORES", "Comparison", "Fit", "FitScore", "Score"]
