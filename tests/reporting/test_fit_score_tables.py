"""Scores of fits stand beside 2v2, with a dash and the reason where an ROI has no patterns."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.reporting.sections.fit_scores import ONE_VOXEL, fit_score_means, fit_score_table
from pipeline.reporting.table import MISSING
from pipeline.reporting.views import views_of

CELL = {"base": "vit", "task": "digits", "method": "full", "seed": 0, "brain": "lab",
        "simulated": False, "direction": "encoding", "split": "grouped"}  # fmt: skip


def fits(values):
    """Make rows from {(roi, score): {subject: [value of each fold]}}."""
    return pd.DataFrame(
        {**CELL, "roi": roi, "score": score, "subject": subject, "fold": fold, "value": value}
        for (roi, score), of_subject in values.items()
        for subject, folds in of_subject.items()
        for fold, value in enumerate(folds)
    )


def test_scores_of_fits_are_means_over_folds_then_subjects():
    means = fit_score_means(fits({("LOC", "voxel r"): {"a": [0.1, 0.3], "b": [0.4, 0.6]}}))
    assert means["mean"].tolist() == pytest.approx([0.35])
    assert means["standard_error"].tolist() == pytest.approx([0.15])


def test_an_roi_of_one_voxel_has_voxel_scores_and_says_why_it_has_no_others():
    one = {"a": [0.1], "b": [0.2]}
    frame = fits({("LOC", "voxel r"): one, ("LOC", "RSA"): one, ("mean", "voxel r"): one})
    (view,) = views_of(frame)
    table = fit_score_table(view, frame)
    texts = table.texts.set_index("score")
    assert texts.loc["RSA", "mean"] == MISSING
    assert texts.loc["voxel r", "mean"].startswith("0.150")
    assert ONE_VOXEL in table.note
    whole = frame[frame.roi == "LOC"]
    assert ONE_VOXEL not in fit_score_table(view, whole).note


def test_bounds_of_rsa_stand_below_the_scores_of_their_brain_and_split():
    frame = fits({("LOC", "RSA"): {"a": [0.1], "b": [0.2]}})
    (view,) = views_of(frame)
    bounds = pd.DataFrame(
        [{"brain": "lab", "split": split, "roi": "LOC", "low": low, "high": 0.5}
         for split, low in (("grouped", 0.31), ("shuffled", 0.41))]
    )  # fmt: skip
    assert (
        "how alike subjects are: LOC 0.310 to 0.500." in fit_score_table(view, frame, bounds).note
    )
    assert "Bounds of RSA" not in fit_score_table(view, frame).note
