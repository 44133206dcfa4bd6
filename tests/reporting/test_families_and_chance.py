"""The one number of a study, and the band in which unrelated models would lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.reporting.aggregate import CELL_KEYS
from pipeline.reporting.chance import ChanceBand, chance_band
from pipeline.reporting.figures.curves import Panel, curves_figure
from pipeline.reporting.methods import looks_of
from pipeline.reporting.sections.families import family_table
from pipeline.reporting.sections.p_values import joint_table
from pipeline.reporting.sections.task_and_brain import SECTION
from pipeline.reporting.table import MISSING
from pipeline.reporting.views import views_of

CELL = {"base": "vit", "task": "digits", "seed": 0, "brain": "lab", "simulated": False,
        "direction": "encoding", "split": "grouped"}  # fmt: skip
FAMILY = {
    "modality": "image", "brain": "lab", "simulated": False, "split": "grouped",
    "direction": "encoding", "family": "primary", "difference": 0.031, "low": 0.004, "high": 0.058,
    "p": 0.027, "p_sign_flip": 0.25, "least_p_sign_flip": 0.25, "equivalent": False,
    "least_margin": 0.053, "n_cells": 6, "n_holm": 1, "n_bh": 3, "n_max": 2, "reason": "",
}  # fmt: skip


def chance(bands):
    """Make rows from {(method, roi): (low, high, p, p_family, permutations)}."""
    names = ["low", "high", "p", "p_family", "permutations"]
    return pd.DataFrame(
        {**CELL, "method": method, "roi": roi, **dict(zip(names, values, strict=True))}
        for (method, roi), values in bands.items()
    )


def test_the_family_prints_its_difference_tests_corrections_and_least_margin():
    (row,) = family_table(pd.DataFrame([FAMILY])).texts.to_dict("records")
    assert (row["difference"], row["95 % interval"]) == ("+0.031", "+0.004 to +0.058")
    assert row["sign flips (least p)"] == "0.250 (0.250)"
    assert row["equivalent (least margin)"] == "no (0.053)"
    names = ("Holm", "Benjamini-Hochberg", "maximum")
    assert [row[f"differ ({name})"] for name in names] == ["1", "3", "2"]


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


def test_the_band_of_a_mean_over_rois_is_that_of_rois_that_err_alike():
    band = ChanceBand({"LOC": (0.42, 0.58), "OPA": (0.46, 0.52)})
    assert band.of_mean == pytest.approx((0.44, 0.55))
    assert "from 0.440 to 0.550 (by the number of stimulus groups)" in band.caption_of_mean
    assert ChanceBand().of_mean is None
    assert ChanceBand().caption_of_mean == " Chance is 0.5."


def test_figures_of_means_shade_the_band_and_stay_where_the_scores_are(make_results):
    bare = make_results()
    cells = bare.brain_scores[[*CELL_KEYS, "seed"]].drop_duplicates()
    unknown = {"p": np.nan, "p_family": np.nan, "permutations": 0}
    study = make_results(chance=cells.assign(low=0.1, high=0.9, **unknown))
    before, after = (SECTION.content(one).blocks[0] for one in (bare, study))
    assert "from 0.100 to 0.900" in after.caption
    (without,), (shaded,) = before.draw().axes, after.draw().axes
    assert shaded.get_ylim() == without.get_ylim()
    assert len(shaded.patches) == len(without.patches) + 1


def test_curves_shade_the_panel_that_has_a_band():
    points = pd.DataFrame({"method": "full", "x": [0.0, 1.0], "y": [0.6, 0.7]})
    panels = [Panel("x", "y", points), Panel("x", "y", points, band=(0.4, 0.62))]
    bare, shaded = curves_figure("title", panels, looks_of(["full"])).axes
    assert not bare.patches
    assert shaded.patches[0].get_extents().height > 0
    assert shaded.get_ylim() == bare.get_ylim()


@pytest.mark.parametrize("seeds", [1, 2])
def test_joint_tests_stand_for_the_mean_over_subjects_and_the_largest_roi(seeds):
    one = chance({("full", "LOC"): (0.4, 0.6, 0.005, 0.01, 200)})
    other = one.assign(seed=1, p=0.03, p_family=0.05)
    frame = pd.concat([one, other][:seeds], ignore_index=True)
    (view,) = views_of(frame)
    table = joint_table(view, frame)
    assert table.texts["LOC"].tolist() == [["0.005 (0.010)"], ["0.030 (0.050)"]][seeds - 1]
    assert joint_table(view, frame.assign(permutations=0)) is None
