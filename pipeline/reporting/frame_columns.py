"""Columns of the frames of a study: what a row is of, and what it says."""

from __future__ import annotations

#: What tells tuned models apart.
MODEL = ("base", "task", "method", "seed")
#: A subject's ROI in one direction and split, aligned with one model.
ALIGNED = (*MODEL, "brain", "simulated", "direction", "split", "roi", "subject")
ALIGNED_KEY = tuple(column for column in ALIGNED if column != "simulated")
#: A voxel of a subject in which two methods are compared.
VOXEL = ("base", "brain", "subject", "method_a", "method_b", "x", "y", "z")
#: A subject's score with a version along a path.
ON_PATH = ("brain", "simulated", "direction", "split", "subject", "path", "place")
#: A contrast at a task score, and what is known of it; ``reason`` says what is missing, and why.
AT_EQUAL_SCORE = ("brain", "simulated", "split", "direction", "base", "task", "contrast", "level")
MATCHED = ("difference", "low", "high", "reason")
#: A layer's likeness to that of the base, over the stimuli of a brain dataset.
DRIFT = ("brain", "layer", "cka", "rsa")
#: A cell of the study in which two methods are compared.
COMPARED = ("modality", "brain", "split", "direction", "base", "task", "roi", "contrast")
#: What a mean difference over cells is of.
OVERALL = ("modality", "brain", "split", "direction", "contrast")
#: What the mean over a family is of.
FAMILY = ("modality", "brain", "simulated", "split", "direction", "family")
#: A model's scores in one ROI, over subjects.
OVER_SUBJECTS = (*MODEL, "brain", "simulated", "direction", "split", "roi")
#: What is known of a difference: its interval is empty where ``reason`` says why there is none.
STATISTICS = (
    "method_a",
    "method_b",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "visible_from",
    "n_subjects",
    "n_groups",
    "n_seeds",
    "simulated",
    "reason",
)
UNCERTAIN = ("low", "high", "p", "p_holm", "visible_from")
