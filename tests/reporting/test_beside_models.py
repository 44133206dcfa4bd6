"""Ceilings, the other split, nuisance features and repeats stand beside the models' accuracies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.reporting import aggregate
from pipeline.reporting.ceiling_kinds import (
    ceilings_of,
    drawn_ceiling,
    fraction_of_ceiling,
    reliability_of,
    rois_at_chance,
)
from pipeline.reporting.report import build_report
from pipeline.reporting.sections.accuracy import OF_CEILING, two_vs_two_table
from pipeline.reporting.sections.nuisance import unique_table
from pipeline.reporting.sections.shuffled_folds import leak_sentence, leak_table, split_gaps
from pipeline.reporting.table import MISSING
from pipeline.reporting.views import views_of

CELL = {
    "base": "vit",
    "task": "digits",
    "seed": 0,
    "brain": "lab",
    "simulated": False,
    "direction": "encoding",
    "layer": "layer_02",
}


def scores(accuracies, subjects=("s1", "s2"), **fixed):
    """Make rows from {(split, ROI): accuracy}; the second subject is 0.1 better."""
    return pd.DataFrame(
        [
            {
                **CELL,
                "method": "full",
                "split": split,
                "roi": roi,
                "subject": subject,
                "fold": fold,
                "two_vs_two": accuracy + 0.1 * number,
                **fixed,
            }
            for (split, roi), accuracy in accuracies.items()
            for number, subject in enumerate(subjects)
            for fold in range(2)
        ]
    )


def table_of(frame, ceilings):
    return two_vs_two_table(
        views_of(frame)[0],
        aggregate.summarise(aggregate.unit_means(frame)),
        ceilings,
        {},
        frozenset(),
    )


def test_a_fraction_counts_from_chance_and_is_never_clipped():
    accuracy = pd.Series([0.5, 0.6, 0.7, 0.9, 0.4, 0.6, 0.6])
    ceiling = pd.Series([0.7, 0.7, 0.7, 0.7, 0.7, 0.5, np.nan])
    fractions = fraction_of_ceiling(accuracy, ceiling)
    np.testing.assert_allclose(fractions, [0, 0.5, 1, 2, -0.5, np.nan, np.nan], atol=1e-12)


def test_fractions_stand_in_a_column_of_their_own_and_in_the_values():
    frame = scores({("grouped", "LOC"): 0.6, ("grouped", "OPA"): 0.5})
    table = table_of(frame, {"signal": {"LOC": 0.9, "OPA": 0.6}})
    # means 0.65 and 0.55: 0.2 of 0.5 above chance
    assert table.texts[OF_CEILING].tolist() == ["0.40", ""]
    np.testing.assert_allclose(table.values["fraction_of_ceiling"], [0.375, 0.5])
    assert "signal ceiling" in table.note


def test_a_ceiling_at_chance_has_no_fraction_and_the_note_says_so():
    frame = scores({("grouped", "LOC"): 0.6, ("grouped", "OPA"): 0.5})
    table = table_of(frame, {"signal": {"LOC": 0.9, "OPA": 0.5}})  # 0.15 of 0.4
    assert table.texts[OF_CEILING].tolist()[0] == "0.37"
    assert "Without OPA: there the ceiling is not above chance" in table.note
    nowhere = table_of(frame, {"signal": {"LOC": 0.45, "OPA": 0.5}})
    assert nowhere.texts[OF_CEILING].tolist()[0] == MISSING


def test_every_kind_of_ceiling_has_a_row_and_fractions_are_of_the_best_known():
    frame = scores({("grouped", "LOC"): 0.6})
    rows = [
        {"kind": kind, "brain": "lab", "subject": s, "roi": "LOC", "direction": "encoding"}
        | {"two_vs_two": value, "p": 0.005}
        for kind, value in (("across-subjects", 0.7), ("split-half", 0.8), ("signal", 0.95))
        for s in ("s1", "s2")
    ]
    ceilings = ceilings_of(views_of(frame)[0], pd.DataFrame(rows))
    assert list(ceilings) == ["signal", "across-subjects"]
    table = table_of(frame, ceilings)
    assert table.texts["task"].tolist()[1:] == [f"{kind} ceiling" for kind in ceilings]
    assert table.texts["LOC"].tolist()[1:] == ["0.950", "0.700"]
    np.testing.assert_allclose(table.values["fraction_of_ceiling"], [0.15 / 0.45])


def test_split_half_is_called_reliability_and_nothing_is_divided_by_it():
    frame = scores({("grouped", "LOC"): 0.6})
    row = {"kind": "split-half", "brain": "lab", "subject": "s1", "roi": "LOC"}
    ceilings = pd.DataFrame([row | {"direction": "encoding", "two_vs_two": 0.8, "p": np.nan}])
    view = views_of(frame)[0]
    reliability = reliability_of(view, ceilings)
    assert reliability == {"LOC": 0.8}
    assert ceilings_of(view, ceilings) == {}
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(view, summary, {}, reliability, frozenset())
    assert table.texts["task"].tolist()[-1] == "split-half reliability"
    assert OF_CEILING not in table.texts.columns


def ceiling_frame(p_values):
    """Bounds across three subjects: extrapolated .8 and .7 from all others, their p by ROI."""
    place = {"brain": "lab", "direction": "encoding"}
    return pd.DataFrame(
        [
            {**place, "kind": kind, "roi": roi, "subject": f"s{n}", "two_vs_two": top, "p": p}
            for roi, tested in p_values.items()
            for n, one in enumerate(tested)
            for kind, top, p in (("extrapolated", 0.8, np.nan), ("across-subjects", 0.7, one))
        ]
    )


def test_the_ceiling_that_is_drawn_is_divided_by_and_has_its_lower_bound():
    frame = scores({("grouped", "LOC"): 0.6})
    view, ceilings = views_of(frame)[0], ceiling_frame({"LOC": (0.005, 0.005, 0.5)})
    drawn = drawn_ceiling(view, ceilings)
    assert (drawn.kind, drawn.by_roi, drawn.lower) == (
        "extrapolated",
        {"LOC": pytest.approx(0.8)},
        {"LOC": pytest.approx(0.7)},
    )
    table = table_of(frame, ceilings_of(view, ceilings))
    np.testing.assert_allclose(table.values["ceiling"], 0.8)
    assert drawn_ceiling(view, pd.DataFrame()).kind == ""


def test_nothing_is_divided_by_a_ceiling_that_is_not_told_from_chance():
    frame = scores({("grouped", "LOC"): 0.6, ("grouped", "OPA"): 0.55})
    view = views_of(frame)[0]
    # twice the median: .01 and .06
    ceilings = ceiling_frame({"LOC": (0.005, 0.005, 0.5), "OPA": (0.005, 0.03, 0.04)})
    assert rois_at_chance(view, ceilings, "extrapolated") == {"OPA"}
    summary = aggregate.summarise(aggregate.unit_means(frame))
    table = two_vs_two_table(view, summary, ceilings_of(view, ceilings), {}, frozenset(), {"OPA"})
    of_ceiling = table.values.set_index("roi")["fraction_of_ceiling"]
    assert np.isnan(of_ceiling["OPA"])
    assert not np.isnan(of_ceiling["LOC"])
    assert "Without OPA" in table.note


def test_the_gap_is_shuffled_minus_grouped_paired_over_subjects():
    frame = scores({("shuffled", "LOC"): 0.7, ("grouped", "LOC"): 0.6})
    frame.loc[(frame.split == "shuffled") & (frame.subject == "s2"), "two_vs_two"] += 0.1
    gap = split_gaps(frame).iloc[0]
    assert (gap.shuffled, gap.grouped) == (pytest.approx(0.8), pytest.approx(0.65))
    assert gap.gap == pytest.approx(0.15)
    assert gap.standard_error == pytest.approx(0.05)  # of 0.1 and 0.2
    shuffled, grouped = views_of(frame)
    table = leak_table(shuffled, split_gaps(frame))
    assert table.texts["LOC"].tolist() == ["+0.150 ± 0.050"]
    assert leak_table(grouped, split_gaps(frame)) is None
    assert "0.800 instead of 0.650 when encoding" in leak_sentence(split_gaps(frame))


def test_one_subject_has_a_gap_without_an_error():
    frame = scores({("shuffled", "LOC"): 0.7, ("grouped", "LOC"): 0.6}, subjects=("s1",))
    table = leak_table(views_of(frame)[0], split_gaps(frame))
    assert table.texts["LOC"].tolist() == ["+0.100"]
    assert "standard error" not in table.note


def test_without_grouped_folds_there_is_no_gap():
    assert split_gaps(scores({("shuffled", "LOC"): 0.7})).empty


def test_repeats_of_a_split_do_not_shrink_the_error_of_a_single_subject():
    def with_repeats(n_repeats):
        return pd.DataFrame(
            [
                {**CELL, "method": "full", "split": "grouped", "roi": "LOC", "subject": "s1"}
                | {"repeat": r, "fold": 4 * r + f, "two_vs_two": 0.5 + 0.1 * f}
                for r in range(n_repeats)
                for f in range(4)
            ]
        )

    once, often = (
        aggregate.summarise(aggregate.unit_means(with_repeats(n))).iloc[0] for n in (1, 9)
    )
    assert often["standard_error"] == pytest.approx(once["standard_error"])
    assert often["mean"] == pytest.approx(once["mean"])
    assert often["n_units"] == once["n_units"] == 4


def test_the_unique_part_stands_above_what_nuisance_features_do_alone():
    unique = scores({("grouped", "LOC"): 0.6}).assign(nuisance=0.55)
    unique["unique"] = unique.two_vs_two - unique.nuisance
    view = views_of(unique)[0]
    table = unique_table(view, unique.drop(columns="two_vs_two"))
    assert table.texts["LOC"].tolist() == ["+0.100 ± 0.050", "0.550"]
    assert unique_table(view, pd.DataFrame()) is None


def test_the_page_shows_gap_and_unique_part_and_every_table_has_a_name_of_its_own(make_results):
    brain = make_results().brain_scores
    one = brain[(brain.brain == brain.brain[0]) & (brain.roi == brain.roi[0])]
    one = one[one.task == one.task.iloc[0]]
    both = pd.concat([one.assign(split="shuffled", two_vs_two=one.two_vs_two + 0.05), one])
    unique = one[one.direction == "encoding"].assign(nuisance=0.52, unique=0.03)
    frames = {"brain_scores": both.reset_index(drop=True), "unique": unique}
    report = build_report(make_results(**frames, layer_profile=pd.DataFrame()))
    for words in ("What shuffled folds add", "Beyond nuisance features", "of ceiling"):
        assert words in report.html
    assert any(name.startswith("leak-decoding") for name in report.tables)
    assert len(report.tables) == len(set(report.tables))
