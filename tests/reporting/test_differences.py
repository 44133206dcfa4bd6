"""Differences between methods: the table of every cell and the main figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.reporting.figures.differences import differences_figure
from pipeline.reporting.sections.differences import SECTION, difference_table
from pipeline.reporting.sections.main_figure import main_contrasts
from pipeline.reporting.views import View

VIEW = View("tiny-vit", "bold5000-simulated", True, "encoding", "grouped")


def test_a_cell_shows_difference_and_interval_and_marks_what_holds_after_correction(make_results):
    contrasts = make_results().contrasts
    table = difference_table(VIEW, contrasts)
    row = VIEW.rows_of(contrasts).query("method_a == 'vpt-shallow' and method_b == 'full'").iloc[0]
    row_texts = table.texts.query("difference.str.endswith('full fine-tuning')").iloc[0]
    interval_text = f"{row.difference:+.3f} [{row.low:+.3f} to {row.high:+.3f}]".replace(
        "-", "\u2212"
    )
    assert row_texts[row.roi] == interval_text + (" *" if row.p_holm <= 0.05 else "")
    assert (" *" in table.texts.to_string()) == (VIEW.rows_of(contrasts).p_holm <= 0.05).any()


def test_a_cell_without_an_interval_prints_its_reason(make_results):
    bare = make_results().contrasts.assign(
        low=np.nan, high=np.nan, p_holm=np.nan, reason="2 groups"
    )
    table = difference_table(VIEW, bare)
    assert table.texts["LOC"].str.contains(r"\(2 groups\)").all()
    assert not table.texts["LOC"].str.contains("[", regex=False).any()


def test_a_view_without_contrasts_has_no_table(make_results):
    other = View("tiny-vit", "elsewhere", True, "encoding", "grouped")
    assert difference_table(other, make_results().contrasts) is None


def test_the_main_figure_draws_interval_mean_and_every_subject_of_each_cell(make_results):
    results = make_results()
    rows = main_contrasts(results, VIEW)
    figure = differences_figure(
        VIEW, rows, VIEW.rows_of(results.subject_contrasts), results.method_names
    ).draw()
    panel = figure.axes[0]
    means, subjects = (line for line in panel.get_lines() if line.get_label()[0] != "_")
    np.testing.assert_allclose(sorted(means.get_xdata()), sorted(rows["difference"]))
    assert len(subjects.get_xdata()) == len(rows) * 3
    (intervals,) = panel.collections
    ends = np.array([path.vertices[:, 0] for path in intervals.get_paths()])
    np.testing.assert_allclose(np.sort(ends[:, 0]), np.sort(rows["low"]))
    np.testing.assert_allclose(np.sort(ends[:, 1]), np.sort(rows["high"]))
    low, high = panel.get_xlim()
    assert low < 0 < high


def test_the_main_figure_shows_prompts_only_against_full(make_results):
    rows = main_contrasts(make_results(), VIEW)
    assert set(rows["contrast"]) == {"vpt-shallow \u2212 full"}
    assert set(zip(rows["roi"], rows["task"], strict=True)) == {
        (roi, task) for roi in ("LOC", "OPA", "EarlyVis") for task in ("digits", "shapes")
    }


def test_rois_stand_in_the_order_of_the_other_tables_however_contrasts_come(whole_study):
    backwards = whole_study.contrasts.iloc[::-1].reset_index(drop=True)
    content = SECTION.content(replace(whole_study, contrasts=backwards))
    order = list(dict.fromkeys(whole_study.brain_scores["roi"]))
    for table in content.blocks:
        rois = list(table.values["roi"].unique())
        assert rois == sorted(rois, key=order.index)
