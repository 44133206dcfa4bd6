"""Frames of a study: what a row of each is of, and what it must hold."""

from __future__ import annotations

from pipeline.reporting.checks import FrameForm

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
#: How often a model prefers the good sentence of a pair.
PREFERRED = ("phenomenon", "accuracy", "n_pairs")
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

#: Name of each frame of :class:`pipeline.reporting.results.StudyResults` -> what it must hold.
FRAMES: dict[str, FrameForm] = {
    "task_scores": FrameForm(
        (
            *MODEL,
            "metric",
            "score",
            "score_sd_error",
            "model",
            "trainable_parameters",
            "total_parameters",
            "bytes_stored",
            "beats_base",
            "stopped",
            "slope",
            "examples",
            "budget",
            "modality",
            "trains_prompts_only",
        ),
        key=(*MODEL, "metric"),
        # an external score comes without a bootstrap, a control without a training
        may_be_nan=("score_sd_error", "slope", "examples"),
    ),
    "brain_scores": FrameForm(
        (
            *ALIGNED,
            "fold",
            "two_vs_two",
            "two_vs_two_within",
            "n_pairs_within",
            "rank_accuracy",
            "layer",
            "alpha_at_border",
        ),
        key=(*ALIGNED_KEY, "fold"),
        needed=True,
    ),
    "contrasts": FrameForm((*COMPARED, *STATISTICS), key=COMPARED, may_be_nan=UNCERTAIN),
    "subject_contrasts": FrameForm(
        (*COMPARED, "subject", "difference"),
        key=(*COMPARED, "subject"),
    ),
    "overall": FrameForm(
        (*OVERALL, *STATISTICS, "n_cells"),
        key=(*OVERALL, "simulated"),
        may_be_nan=UNCERTAIN,
    ),
    "regime_contrasts": FrameForm((*COMPARED, *STATISTICS), key=COMPARED, may_be_nan=UNCERTAIN),
    "regime_overall": FrameForm(
        (*OVERALL, *STATISTICS, "n_cells"),
        key=(*OVERALL, "simulated"),
        may_be_nan=UNCERTAIN,
    ),
    "families": FrameForm(
        (
            *FAMILY,
            *("difference", "low", "high", "p", "p_sign_flip", "least_p_sign_flip"),
            *("equivalent", "least_margin", "n_cells", "n_holm", "n_bh", "n_max", "reason"),
        ),
        key=FAMILY,
        may_be_nan=("low", "high", "p", "equivalent", "least_margin"),
    ),
    "specifications": FrameForm(
        (
            *("modality", "brain", "simulated", "direction", "specification"),
            *("difference", "low", "high", "p_joint", "least_p_joint", "reason"),
        ),
        key=("modality", "brain", "simulated", "direction", "specification"),
        may_be_nan=("low", "high"),
    ),
    "chance": FrameForm(
        (*OVER_SUBJECTS, *("low", "high", "p", "p_family", "permutations")),
        key=OVER_SUBJECTS,
        may_be_nan=("p", "p_family"),
    ),
    "ceilings": FrameForm(
        ("kind", "brain", "subject", "roi", "direction", "two_vs_two", "p"),
        may_be_nan=("p",),  # a ceiling that is not tested
    ),
    "rsa_ceilings": FrameForm(
        ("brain", "split", "roi", "low", "high"), key=("brain", "split", "roi")
    ),
    "layer_profile": FrameForm(
        (*MODEL, "brain", "direction", "roi", "subject", "layer", "two_vs_two"),
    ),
    "lineage": FrameForm((*MODEL, "model", "align_run")),
    "unique": FrameForm((*ALIGNED, "fold", "nuisance", "unique")),
    "fit_scores": FrameForm(
        (*ALIGNED, "fold", "score", "value"),
        key=(*ALIGNED_KEY, "fold", "score"),
    ),
    "p_values": FrameForm((*ALIGNED, "p", "permutations"), key=ALIGNED_KEY),
    "paths": FrameForm(
        (*MODEL, *ON_PATH, *("metric", "validation", "two_vs_two")),
        key=(*MODEL, *ON_PATH),
    ),
    "matched": FrameForm(
        (*AT_EQUAL_SCORE, *("method_a", "method_b", "metric", *MATCHED)),
        key=AT_EQUAL_SCORE,
        may_be_nan=("level", *MATCHED),
    ),
    "minimal_pairs": FrameForm((*MODEL, *PREFERRED), key=(*MODEL, "phenomenon")),
    "drift": FrameForm((*MODEL, *DRIFT), key=(*MODEL, "brain", "layer")),
    "voxel_contrasts": FrameForm((*VOXEL, "difference", "passing"), key=VOXEL),
}
