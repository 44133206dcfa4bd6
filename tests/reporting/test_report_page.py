"""The report as a whole: the page, its figures, the summaries and the files."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pandas as pd
import pytest
from study_differences import contrast_frames

from pipeline.errors import DataError
from pipeline.reporting.figures.style import DARK, follows_page
from pipeline.reporting.page import setting_text
from pipeline.reporting.published import PUBLISHED_CLAIMS
from pipeline.reporting.report import build_report, write_report
from pipeline.reporting.sections import SECTIONS, sections_of
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.summary import MARKDOWN_LIMIT, TERMINAL_WIDTH, terminal_table
from pipeline.reporting.table import Table

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
    """Build the full report once: its figures take seconds."""
    return build_report(whole_study)


@pytest.fixture(scope="module")
def small_report(make_study_once):
    return build_report(make_study_once)


@pytest.fixture(scope="module")
def make_study_once(whole_study):
    frames = small(whole_study)
    differences = contrast_frames(frames["brain_scores"], frames["task_scores"])
    return replace(whole_study, **frames, **differences, lineage=pd.DataFrame())


def test_page_holds_every_table_and_every_figure(report):
    assert report.html.count('<figure class="table">') == len(report.tables)
    figures = report.figures.keys() - {"answer"}  # its numbers stand in the answer itself
    assert report.html.count("data:image/svg+xml;base64,") == len(figures)
    for kind, count in (("Table", len(report.tables)), ("Figure", len(figures))):
        assert all(f"<b>{kind} {number}." in report.html for number in range(1, count + 1))


def test_what_is_not_folded_comes_first_and_answers(report, whole_study):
    before, folded = report.html.split('id="folded"')
    unfolded = [name for name, (own, _) in sections_of(whole_study).items() if not own.folded]
    order = [before.index(f'<h2 id="{n}">') for n in unfolded]
    assert order == sorted(order)
    assert before.index('class="headline"') < order[0]
    assert "<details" not in before
    assert folded.count("<details") == 1 + sum(f'<details id="{n}">' in folded for n in SECTIONS)


def test_the_files_that_the_page_names_are_beside_it(small_report, tmp_path):
    write_report(small_report, tmp_path)
    names = re.findall(r'href="((?:tables|figures|references)[^"]*)"', small_report.html)
    assert len(names) == 2 * (len(small_report.tables) + len(small_report.figures)) + 1
    assert all((tmp_path / name).is_file() for name in names)


def test_page_needs_nothing_beside_it_to_be_read(report):
    own = r"data:|#|http://localhost|tables/|figures/|references\.bib"
    assert not re.search(rf'(src|href)="(?!{own})', report.html)
    assert "@import" not in report.html
    assert "<script" not in report.html


def test_every_number_of_a_model_links_to_its_run(report):
    anchors = re.findall(r'href="#(model-[^"]+)"', report.html)
    assert "model-tiny-gpt2-summarization-prompt" in anchors
    assert all(f'<tr id="{anchor}">' in report.html for anchor in anchors)
    assert 'href="http://localhost:5000/#/runs/' in report.html


def test_page_shows_the_numbers_of_the_tables(report):
    values = report.tables["encoding-bold5000-simulated-tiny-vit"].values.iloc[0]
    assert f"<td>{values['mean']:.3f}</td>" in report.html


def test_page_says_what_was_published_settings_and_runs(report):
    assert all(claim.finding in report.html for claim in PUBLISHED_CLAIMS)
    assert "chosen per fold on inner folds" in report.html
    assert "models:/tiny-gpt2-summarization@prompt" in report.html


def test_methods_are_written_in_full(report):
    for words in ("full fine-tuning", "untuned base", "shallow visual prompt tuning"):
        assert words in report.html
    assert ">vpt-shallow<" not in report.html.split('id="provenance"')[0]


def test_the_text_of_every_figure_tells_its_numbers(report, whole_study):
    texts = re.findall(r'<img [^>]*alt="([^"]*)"', report.html)
    assert len(texts) == len(report.figures.keys() - {"answer"})
    assert all(re.search(r"\d\.\d{3}", text) for text in texts)
    condition = "method_a == 'prompt' and method_b == 'full' and direction == 'encoding'"
    row = whole_study.contrasts.query(condition).iloc[0]
    interval_text = f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f})".replace(
        "-", "\u2212"
    )
    assert interval_text in texts[0]


def test_every_title_about_simulated_subjects_says_so(report):
    assert "<title>Prompt tuning or fine-tuning? (simulated subjects)</title>" in report.html
    assert report.markdown.startswith("### Prompt tuning or fine-tuning? (simulated subjects)")
    assert report.terminal.startswith("Prompt tuning or fine-tuning? (simulated subjects)")
    for figure in report.figures.values():
        assert "simulated subjects" in figure.get_suptitle().replace("\n", " ")
    titles = re.findall(r"<b>(?:Table|Figure) [^<]*2v2[^<]*</b>", report.html)
    assert titles
    assert all("simulated subjects" in title for title in titles)


def test_nothing_is_called_simulated_when_it_is_not(make_results):
    results = make_results(simulated=False)
    report = build_report(make_results(simulated=False, **small(results)))
    everything = [report.html, report.markdown, report.terminal]
    everything += [figure.get_suptitle() for figure in report.figures.values()]
    assert not any("simulated" in text.lower() for text in everything)


def test_names_are_escaped_wherever_they_are_shown(make_results, tmp_path):
    results = make_results()
    fields = small(results, ceilings=results.ceilings)
    names = {"task": {"digits": HOSTILE}, "roi": {"LOC": HOSTILE}, "method": {"full": HOSTILE}}
    names |= {"subject": {"sub-01": HOSTILE}, "brain": {"bold5000-simulated": HOSTILE}}
    for frame in ("task_scores", "brain_scores", "ceilings"):
        own = {column: new for column, new in names.items() if column in fields[frame].columns}
        fields[frame] = fields[frame].replace(own)
    lineage = results.lineage.assign(align_run_link="javascript:alert(1)", model=HOSTILE)
    hostile = make_results(
        title=HOSTILE,
        settings={HOSTILE: HOSTILE},
        lineage=lineage,
        **fields,
        **contrast_frames(fields["brain_scores"], fields["task_scores"]),
    )
    report = build_report(hostile)
    drawings = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", report.html)
    texts = [report.html, report.markdown, *report.drawings.values()]
    texts += [base64.b64decode(drawing).decode() for drawing in drawings]
    assert not any("<script" in text for text in texts)
    assert "javascript:" not in report.html
    assert "&lt;script&gt;" in report.html
    paths = write_report(report, tmp_path)
    assert all(path.is_relative_to(tmp_path) for path in paths)


def test_a_toy_section_is_one_file_and_one_line(make_results, monkeypatch):
    table = Table("toy", "Toy", "A note.", *[pd.DataFrame({"a": ["1"]})] * 2, n_labels=1)
    toy = Section("A toy section", ("task_scores",), lambda _: Content((table,)))
    needy = Section("Needs p values", ("p_values",), lambda _: Content((table,)))
    monkeypatch.setitem(SECTIONS, "toy", toy)
    monkeypatch.setitem(SECTIONS, "needy", needy)
    made = sections_of(make_results())
    assert "toy" in made
    assert "needy" not in made


def test_dark_pages_get_colours_of_their_own_and_files_stay_as_they_are(small_report):
    drawing = next(iter(small_report.drawings.values()))
    drawing_there = follows_page(drawing)
    assert "prefers-color-scheme" in drawing_there
    assert "prefers-color-scheme" not in drawing
    body = drawing_there.split("</style>", 1)[1]
    assert not any(colour in body for colour in DARK)


def test_no_bar_starts_anywhere_but_at_chance(report):
    for name in ("bars-encoding-pereira-simulated-tiny-gpt2",):
        panels = [axes for axes in report.figures[name].axes if axes.get_visible()]
        assert [len(axes.patches) for axes in panels] == [9, 9, 9, 9]
        assert all(bar.get_y() == 0.5 for axes in panels for bar in axes.patches)


def test_bars_reach_the_means_of_the_table(report):
    values = report.tables["decoding-bold5000-simulated-tiny-vit"].values
    panel = report.figures["bars-decoding-bold5000-simulated-tiny-vit"].axes[0]
    heights = sorted(bar.get_y() + bar.get_height() for bar in panel.patches)
    assert heights == pytest.approx(sorted(values.loc[values["roi"] == "LOC", "mean"]))


def test_title_legend_and_labels_lie_inside_every_figure(report):
    for name, figure in report.figures.items():
        figure.draw_without_rendering()
        texts = [*figure.legends, figure._suptitle]
        for axes in figure.axes:
            if axes.get_visible():
                texts += [axes.xaxis.label, axes.yaxis.label, *axes.get_yticklabels(), *axes.texts]
        for text in texts:
            if text is figure._suptitle or not hasattr(text, "get_text") or text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= 0, name
                assert box.x1 <= figure.bbox.x1 + 1, name
                assert -1 <= box.y0 < box.y1 <= figure.bbox.y1 + 1, name


def test_a_study_without_ceilings_layers_or_runs_is_reported_all_the_same(small_report):
    assert "signal ceiling" not in small_report.html
    assert "Layer profiles" not in small_report.html
    assert "No runs were passed" in small_report.html


def test_terminal_table_is_narrow_enough_and_lists_every_row(report):
    lines = report.terminal.splitlines()
    assert max(map(len, lines)) <= TERMINAL_WIDTH
    assert sum(" prompt " in f"{line} " and "  0." in line for line in lines) == 3
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
    output = terminal_table("Many ROIs", [], scores, accuracies)
    assert max(map(len, output.splitlines())) <= TERMINAL_WIDTH
    assert all(roi in output for roi in rois)


def test_markdown_fits_the_description_of_a_run_and_begins_with_the_answer(report):
    assert len(report.markdown) <= MARKDOWN_LIMIT
    headline = re.search(r'<p class="headline">([^<]*)</p>', report.html)[1]
    assert f"**{headline}**" in report.markdown
    assert "| method | language | dmn |" in report.markdown


def test_files_are_written_where_they_are_said_to_be(small_report, tmp_path):
    output = write_report(small_report, tmp_path / "new" / "folder")
    assert all(path.stat().st_size > 0 for path in output)
    relative = {str(path.relative_to(tmp_path / "new" / "folder")) for path in output}
    assert {"report.html", "summary.md", "references.bib", "tables/cost.csv"} <= relative
    assert {
        f"figures/{name}.{kind}" for name in small_report.figures for kind in ("pdf", "svg")
    } <= relative
    read = pd.read_csv(tmp_path / "new" / "folder" / "tables" / "cost.csv")
    pd.testing.assert_frame_equal(read, small_report.tables["cost"].values, check_dtype=False)


def test_inputs_are_left_as_they_were(report, whole_study, make_results):
    pd.testing.assert_frame_equal(whole_study.brain_scores, make_results().brain_scores)
    pd.testing.assert_frame_equal(whole_study.contrasts, make_results().contrasts)


def test_settings_read_as_a_person_would_write_them():
    assert setting_text({"seeds": (0, 1), "rescaled": False, "none": None}) == (
        "seeds: 0, 1; rescaled: no; none: —"
    )


def test_names_that_would_share_a_file_are_refused(make_results):
    results = make_results()
    fields = small(results)
    fields["brain_scores"] = fields["brain_scores"].query("roi == 'LOC' and task == 'digits'")
    for frame in ("task_scores", "brain_scores"):
        twin = fields[frame].replace({"base": {"tiny-vit": "tiny_vit"}})
        fields[frame] = pd.concat([fields[frame], twin])
    with pytest.raises(DataError, match="written to one file"):
        build_report(make_results(**fields))
