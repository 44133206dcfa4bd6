"""The report as a whole: the page, the figures, the summaries, the files and the refusals."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from pipeline.errors import DataError
from pipeline.reporting.page import render_page, roman, setting_text
from pipeline.reporting.published import CLAIM_LABEL, PUBLISHED_CLAIMS
from pipeline.reporting.report import build_report, write_report
from pipeline.reporting.summary import MARKDOWN_LIMIT, TERMINAL_WIDTH, terminal_table

HOSTILE = "<script>alert('x')</script>"


def small(results, **replaced):
    """Cut a study down to one modality, without layer profiles, so that it is drawn quickly."""
    brain = results.brain_scores
    return {
        "task_scores": results.task_scores[results.task_scores["modality"] == "image"],
        "brain_scores": brain[(brain["base"] == "tiny-vit") & (brain["direction"] == "encoding")],
        "layer_profile": pd.DataFrame(),
        "ceilings": pd.DataFrame(),
        **replaced,
    }


@pytest.fixture(scope="module")
def report(whole_study):
    """Build the full report once: ten figures take seconds."""
    return build_report(whole_study)


@pytest.fixture(scope="module")
def small_report(whole_study):
    return build_report(replace(whole_study, **small(whole_study), lineage=pd.DataFrame()))


def bars_of(axes):
    return [p for p in axes.patches if isinstance(p, Rectangle)]


def test_page_holds_every_table_and_every_figure(report):
    assert report.html.count('<figure class="table">') == len(report.tables)
    assert report.html.count("data:image/svg+xml;base64,") == len(report.figures)
    for number in range(1, len(report.tables) + 1):
        assert f"Table {roman(number)}." in report.html
    for number in range(1, len(report.figures) + 1):
        assert f"Figure {number}." in report.html


def test_page_needs_nothing_beside_it(report):
    assert not re.search(r'(src|href)="(?!data:|#|http://localhost)', report.html)
    assert "@import" not in report.html


def test_page_shows_the_numbers_of_the_tables(report):
    values = report.tables["encoding-bold5000-simulated-tiny-vit"].iloc[0]
    assert f"{values['mean']:.3f} ± {values['standard_error']:.3f}" in report.html


def test_page_says_what_was_published_settings_and_runs(report):
    assert CLAIM_LABEL in report.html
    assert all(claim.finding in report.html for claim in PUBLISHED_CLAIMS)
    assert "chosen per fold on inner folds" in report.html
    assert "models:/tiny-gpt2-summarization@prompt" in report.html


def test_every_title_about_simulated_subjects_says_so(report):
    assert "<title>Prompt tuning or fine-tuning? (simulated subjects)</title>" in report.html
    assert report.markdown.startswith("### Prompt tuning or fine-tuning? (simulated subjects)")
    assert report.terminal.startswith("Prompt tuning or fine-tuning? (simulated subjects)")
    for name, figure in report.figures.items():
        if not name.startswith("task-scores"):
            assert "simulated subjects" in figure.get_suptitle()
    titles = re.findall(r"<b>(?:Table|Figure) [^<]*2v2[^<]*</b>", report.html)
    assert titles
    assert all("simulated subjects" in title for title in titles)


def test_nothing_is_called_simulated_when_it_is_not(make_results):
    results = make_results(simulated=False)
    report = build_report(make_results(simulated=False, **small(results)))
    everything = [report.html, report.markdown, report.terminal]
    everything += [figure.get_suptitle() for figure in report.figures.values()]
    assert not any("simulated" in text.lower() for text in everything)


def test_names_are_escaped_wherever_they_are_shown(make_results):
    results = make_results()
    fields = small(results)
    for frame in ("task_scores", "brain_scores"):
        fields[frame] = fields[frame].replace({"task": {"digits": HOSTILE}})
    lineage = results.lineage.assign(link="javascript:alert(1)", model_uri=HOSTILE)
    hostile = make_results(
        title=HOSTILE, settings={HOSTILE: HOSTILE}, **{**fields, "lineage": lineage}
    )
    report = build_report(hostile)
    assert "<script" not in report.html
    assert "javascript:" not in report.html
    assert "&lt;script&gt;" in report.html
    assert "<script" not in report.markdown


def test_figures_have_a_panel_per_roi_and_a_bar_per_task_and_method(report):
    figure = report.figures["encoding-pereira-simulated-tiny-gpt2"]
    assert len(figure.axes) == 4
    assert [len(bars_of(axes)) for axes in figure.axes] == [9, 9, 9, 9]
    image = report.figures["decoding-bold5000-simulated-tiny-vit"]
    assert [len(bars_of(axes)) for axes in image.axes] == [6, 6, 6]
    assert [len(bars_of(axes)) for axes in report.figures["task-scores-text"].axes] == [9]


def test_bar_heights_are_the_means_of_the_table(report):
    values = report.tables["decoding-bold5000-simulated-tiny-vit"]
    panel = report.figures["decoding-bold5000-simulated-tiny-vit"].axes[0]
    heights = sorted(bar.get_height() for bar in bars_of(panel))
    assert heights == pytest.approx(sorted(values.loc[values["roi"] == "LOC", "mean"]))


def test_no_bar_falls_below_the_axis(make_results):
    results = make_results()
    low = small(results)
    low["brain_scores"] = low["brain_scores"].assign(
        two_vs_two=np.where(low["brain_scores"]["roi"] == "OPA", 0.22, 0.6)
    )
    report = build_report(make_results(**low))
    bottom, top = report.figures["encoding-bold5000-simulated-tiny-vit"].axes[0].get_ylim()
    assert bottom < 0.22
    assert top == 1.0


def test_title_and_legend_lie_inside_the_figure_however_few_its_bars(make_results):
    results = small(make_results())
    scores, brain = results["task_scores"], results["brain_scores"]
    one = (brain["roi"] == "OPA") & (brain["task"] == "digits")
    report = build_report(
        make_results(
            **{
                **results,
                "task_scores": scores[scores["task"] == "digits"],
                "brain_scores": brain[one].assign(two_vs_two=1.0),
            }
        )
    )
    assert len(report.figures) == 2
    for figure in report.figures.values():
        figure.draw_without_rendering()
        for thing in (*figure.legends, figure._suptitle):
            box = thing.get_window_extent()
            assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
            assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
    dots = report.figures["encoding-bold5000-simulated-tiny-vit"].axes[0].collections
    assert not any(dot.get_clip_on() for dot in dots if len(dot.get_offsets()) == 9)


def test_layer_figures_have_a_panel_per_task_and_roi(report):
    figure = report.figures["layers-encoding-pereira-simulated-tiny-gpt2"]
    assert len(figure.axes) == 12
    # Three methods and the line at chance.
    assert all(len(axes.get_lines()) == 4 for axes in figure.axes)


def test_a_study_without_ceilings_layers_or_runs_is_reported_all_the_same(small_report):
    assert "split-half ceiling" not in small_report.html
    assert "Layer profiles" not in small_report.html
    assert "No runs were passed" in small_report.html


def test_terminal_table_is_narrow_enough_and_lists_every_row(report):
    lines = report.terminal.splitlines()
    assert max(map(len, lines)) <= TERMINAL_WIDTH
    assert sum(" prompt " in f"{line} " and "0." in line for line in lines) == 3
    assert "encoding mean" in report.terminal


def test_terminal_table_breaks_many_rois_into_parts():
    rois = [f"a-long-name-of-roi-{n}" for n in range(12)]
    accuracies = pd.DataFrame(
        {
            "base": "vit",
            "brain": "lab",
            "simulated": False,
            "direction": "decoding",
            "split": "grouped",
            "roi": rois,
            "task": "digits",
            "method": "full",
            "mean": 0.625,
        }
    )
    scores = pd.DataFrame({"base": ["vit"], "task": ["digits"], "method": ["full"], "mean": [0.5]})
    written = terminal_table("Many ROIs", [], scores, accuracies)
    assert max(map(len, written.splitlines())) <= TERMINAL_WIDTH
    assert all(roi in written for roi in rois)


def test_markdown_fits_the_description_of_a_run(report):
    assert len(report.markdown) <= MARKDOWN_LIMIT
    assert "**Task score: base tiny-gpt2.**" in report.markdown
    assert "| metric | task | base | full | prompt |" in report.markdown


def test_files_are_written_where_they_are_said_to_be(small_report, tmp_path):
    written = write_report(small_report, tmp_path / "new" / "folder")
    assert all(path.stat().st_size > 0 for path in written)
    relative = {str(path.relative_to(tmp_path / "new" / "folder")) for path in written}
    assert {"report.html", "summary.md", "tables/cost.csv"} <= relative
    assert {
        f"figures/{name}.{kind}" for name in small_report.figures for kind in ("png", "svg")
    } <= relative
    read = pd.read_csv(tmp_path / "new" / "folder" / "tables" / "cost.csv")
    pd.testing.assert_frame_equal(read, small_report.tables["cost"], check_dtype=False)


def test_inputs_are_left_as_they_were(report, whole_study, make_results):
    pd.testing.assert_frame_equal(whole_study.brain_scores, make_results().brain_scores)
    pd.testing.assert_frame_equal(whole_study.task_scores, make_results().task_scores)


def test_numbering_and_settings_read_as_a_person_would_write_them():
    assert [roman(n) for n in (1, 4, 9, 14, 48)] == ["I", "IV", "IX", "XIV", "XLVIII"]
    assert setting_text({"seeds": (0, 1), "rescaled": False, "none": None}) == (
        "seeds: 0, 1; rescaled: no; none: —"
    )


def test_an_empty_page_says_that_nothing_was_passed():
    page = render_page("Nothing yet", [], [], {}, {}, pd.DataFrame())
    assert "No settings were passed" in page


def test_empty_frames_are_refused(make_results):
    with pytest.raises(DataError, match="brain_scores: expected at least one row"):
        make_results(brain_scores=pd.DataFrame())


def test_all_missing_columns_are_named_at_once(make_results):
    results = make_results()
    tasks = results.task_scores.drop(columns=["metric", "seed"])
    brains = results.brain_scores.drop(columns=["roi", "split"])
    with pytest.raises(DataError, match=r"(?s)no seed, metric.*no split, roi"):
        make_results(task_scores=tasks, brain_scores=brains)


@pytest.mark.parametrize(
    ("frame", "column", "bad", "said"),
    [
        ("task_scores", "score", np.nan, "task_scores: score: .* in 1 of 15 rows"),
        ("brain_scores", "two_vs_two", np.nan, "brain_scores: two_vs_two: .* NaN"),
        ("brain_scores", "two_vs_two", np.inf, "brain_scores: two_vs_two"),
        ("brain_scores", "two_vs_two", 71.3, "Give fractions, not percentages"),
        ("brain_scores", "task", "poetry", "no modality, for poetry"),
        ("ceilings", "two_vs_two", np.nan, "ceilings: two_vs_two"),
    ],
)
def test_scores_that_cannot_be_reported_are_refused(make_results, frame, column, bad, said):
    damaged = getattr(make_results(), frame).copy()
    damaged.loc[damaged.index[0], column] = bad
    with pytest.raises(DataError, match=said):
        make_results(**{frame: damaged})


def test_repeated_rows_are_refused(make_results):
    brains = make_results().brain_scores
    with pytest.raises(DataError, match="1 repeated"):
        make_results(brain_scores=pd.concat([brains, brains.head(1)]))


def test_names_that_would_share_a_file_are_refused(make_results):
    results = make_results()
    fields = small(results)
    fields["brain_scores"] = fields["brain_scores"].query("roi == 'LOC' and task == 'digits'")
    for frame in ("task_scores", "brain_scores"):
        twin = fields[frame].replace({"base": {"tiny-vit": "tiny_vit"}})
        fields[frame] = pd.concat([fields[frame], twin])
    with pytest.raises(DataError, match="written to one file"):
        build_report(make_results(**fields))
