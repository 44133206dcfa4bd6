"""Brain scores: the registry that engine, tables and report read."""

from pipeline.alignment.scores.score import Comparison, Score
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two

#: Functions of R, computed for every layer: each is a column of the table of scores.
SCORES: dict[str, Score] = {
    "two_vs_two": Score("2v2 accuracy", 0.5, lambda test: two_vs_two(test.R)),
    "correlation": Score("correlation of patterns", 0.0, lambda test: mean_correlation(test.R)),
    "rank_accuracy": Score("rank accuracy", 0.5, lambda test: rank_accuracy(test.R)),
    "two_vs_two_within": Score(
        "2v2 accuracy, hard pairs", 0.5, lambda test: two_vs_two(test.R, test.pairs_within)
    ),
}

__all__ = ["SCORES", "Comparison", "Score"]
