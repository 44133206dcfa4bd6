"""The one number of a study, and the band in which unrelated models would lie."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.reporting.chance import ChanceBand, chance_band
from pipeline.reporting.sections.families import family_table
from pipeline.reporting.sections.p_values import joint_table
from pipeline.reporting.table import MISSING
from pipeline.reporting.views import views_of

CELL = {"base": "vit", "task": "digits", "seed": 0, "brain": "lab", "simulated": False,
        "direction": "encoding", "split": "grouped"}  # fmt: skip
FAMILY = {
    "modality": "image", "brain": "lab", "simulated": False, "split": "grouped",
    "direction": "encoding", "family": "primary", "difference": 0.031, "low": 0.004, "high": 0.058,
    "p": 0.027, "p_sign_flip": 0.25, "least_p_sign_flip": 0.25, "equivalent": False,
    "least_margin": 0.053, "n_cells": 6, "n_holm": 1, "n_max": 2, "reason": "",
}  # fmt: skip


def chance(bands):
    """Make rows from {(method, roi): (low, high, p, p_family, permutations)}."""
    names = ["low", "high", "p", "p_family", "permutations"]
    return pd.DataFrame(
        {**CELL, "method": method, "roi": roi, **dict(zip(names, values, strict=True))}
        for (method, roi), values in bands.items()
    )


def test_the_family_prints_its_difference_tests_and_least_margin():
    (row,) = family_table(pd.DataFrame([FAMILY])).texts.to_dict("records")
    assert (row["difference"], row["95 % interval"]) == ("+0.031", "+0.004 to +0.058")
    assert row["sign flips (least p)"] == "0.250 (0.250)"
    assert row["equivalent (least margin)"] == "no (0.053)"
    assert row["cells that differ: Holm, maximum"] == "1, 2"


def test_a_family_without_an_interval_says_why():
    unknown = dict.fromkeys(("low", "high", "p", "least_margin", "equivalent"), None)
    family = pd.DataFrame([{**FAMILY, **unknown, "reason": "one subject"}])
    (row,) = family_table(family).texts.to_dict("records")
    assert row["95 % interval"] == "one subject"
    assert row["p"] == row["equivalent (least margin)"] == MISSING


def test_the_band_of_a_roi_is_the_widest_of_all_models():
    bands = {
        ("full", "LOC"): (0.42, 0.57, 0.01, 0.02, 200),
        ("prompt", "LOC"): (0.43, 0.59, 0.2, 0.4, 200),
    }
    frame = chance(bands)
    (view,) = views_of(frame)
    band = chance_band(view, frame)
    assert band.by_roi == {"LOC": (0.42, 0.59)}
    assert "by permutations" in band.caption
    counted = chance_band(view, frame.assign(permutations=0))
    assert "number of stimulus groups" in counted.caption
    assert chance_band(view, pd.DataFrame()) == ChanceBand()
    assert ChanceBand().caption == ""


@pytest.mark.parametrize("seeds", [1, 2])
def test_joint_tests_stand_for_the_mean_over_subjects_and_the_largest_roi(seeds):
    one = chance({("full", "LOC"): (0.4, 0.6, 0.005, 0.01, 200)})
    other = one.assign(seed=1, p=0.03, p_family=0.05)
    frame = pd.concat([one, other][:seeds], ignore_index=True)
    (view,) = views_of(frame)
    table = joint_table(view, frame)
    assert table.texts["LOC"].tolist() == [["0.005 (0.010)"], ["0.030 (0.050)"]][seeds - 1]
    assert joint_table(view, frame.assign(permutations=0)) is None
