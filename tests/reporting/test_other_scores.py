"""Hard pairs and ranks beside 2v2, tests by permutation, and alphas chosen at the border."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import mean_within
from pipeline.errors import DataError
from pipeline.reporting.aggregate import CELL_KEYS
from pipeline.reporting.alpha_borders import border_shares, border_warning
from pipeline.reporting.report import build_report
from pipeline.reporting.sections.hard_pairs import WITHIN, other_scores_table, score_means
from pipeline.reporting.sections.p_values import p_value_means, p_value_table
from pipeline.reporting.table import MISSING, p_text
from pipeline.reporting.views import views_of

CELL = {
    "base": "vit",
    "task": "digits",
    "method": "full",
    "seed": 0,
    "brain": "lab",
    "simulated": False,
    "direction": "encoding",
    "split": "grouped",
    "roi": "LOC",
}


def scores(folds, **fixed):
    """Make rows from {subject: [(2v2, 2v2 within, hard pairs, rank accuracy) of each fold]}."""
    names = ("two_vs_two", "two_vs_two_within", "n_pairs_within", "rank_accuracy")
    return pd.DataFrame(
        [
            {**CELL, "subject": subject, "fold": fold, **dict(zip(names, values, strict=True))}
            | {"layer": "layer_1", "alpha_at_border": False, **fixed}
            for subject, of_subject in folds.items()
            for fold, values in enumerate(of_subject)
        ]
    )


TWO_SUBJECTS = {
    "s1": [(0.9, 1.0, 1, 0.8), (0.7, 0.5, 3, 0.6)],  # within: (1 + 3 * 0.5) / 4 = 0.625
    "s2": [(0.9, 0.75, 4, 0.9), (0.9, 0.5, 0, 0.9)],  # the second fold has no hard pair
}


def means_of(frame):
    return score_means(frame).set_index("score")


def test_within_groups_every_hard_pair_counts_the_same_and_then_every_subject():
    within = means_of(scores(TWO_SUBJECTS)).loc[WITHIN]
    assert within["mean"] == pytest.approx((0.625 + 0.75) / 2)
    assert within["standard_error"] == pytest.approx((0.75 - 0.625) / 2)
    assert (within["unit"], within["n_units"]) == ("subjects", 2)


def test_2v2_and_rank_accuracy_are_means_over_folds_then_subjects():
    means = means_of(scores(TWO_SUBJECTS))
    assert means.loc["2v2", "mean"] == pytest.approx((0.8 + 0.9) / 2)
    assert means.loc["rank accuracy", "mean"] == pytest.approx((0.7 + 0.9) / 2)


@pytest.mark.parametrize("subjects", [["s1", "s2"], ["s1"]])
def test_2v2_within_groups_is_the_number_that_an_alignment_logs(subjects):
    frame = scores({subject: TWO_SUBJECTS[subject] for subject in subjects})
    logged = mean_within(frame, ["direction", "roi", "subject"]).mean()
    assert means_of(frame).loc[WITHIN, "mean"] == pytest.approx(logged)


def test_the_three_scores_of_a_task_stand_one_below_the_other():
    better = {s: [(a + 0.05, w, n, r) for a, w, n, r in f] for s, f in TWO_SUBJECTS.items()}
    frame = pd.concat([scores(TWO_SUBJECTS), scores(better, method="vpt-deep")])
    table = other_scores_table(views_of(frame)[0], frame)
    assert table.texts.columns.tolist() == ["task", "score", "method", "LOC"]
    assert table.texts["score"].tolist() == ["2v2"] * 2 + [WITHIN] * 2 + ["rank accuracy"] * 2
    assert table.texts["LOC"].tolist()[:3] == ["0.850 ± 0.050", "0.900 ± 0.050", "0.688 ± 0.062"]
    assert "2v2 within groups: 4 pairs for each subject" in table.note
    assert "standard error over 2 subjects" in table.note
    assert "Chance is 0.5" in table.note


def test_where_no_stimuli_share_a_group_there_are_no_hard_pairs_and_the_note_says_so():
    lone = {s: [(a, 0.5, 0, r) for a, _, _, r in folds] for s, folds in TWO_SUBJECTS.items()}
    table = other_scores_table(views_of(scores(lone))[0], scores(lone))
    assert table.texts["score"].tolist() == ["2v2", "rank accuracy"]
    assert "there are no hard pairs" in table.note


def test_repeats_of_a_split_do_not_count_their_pairs_twice():
    frame = pd.concat(
        [scores(TWO_SUBJECTS, repeat=r).assign(fold=[2 * r, 2 * r + 1] * 2) for r in range(2)]
    )
    note = other_scores_table(views_of(frame)[0], frame).note
    assert "2v2 within groups: 4 pairs for each subject" in note


def p_values(*values, **fixed):
    """Make a row for each subject's p value."""
    rows = [
        {**CELL, "subject": f"s{n}", "p": p, "permutations": 199, **fixed}
        for n, p in enumerate(values)
    ]
    return pd.DataFrame(rows)


def p_table(frame):
    return p_value_table(views_of(frame)[0], frame)


def test_a_cell_counts_subjects_at_most_at_level_and_gives_p_for_all():
    table = p_table(p_values(0.005, 0.05, 0.2))
    assert table.texts["LOC"].tolist() == ["2/3 (0.100)"]
    assert "In how many of 3 subjects p is at most 0.05" in table.note
    assert "199 exchanges, so that no p is below 0.005" in table.note


@pytest.mark.parametrize(
    ("values", "together"),
    [
        ((0.005, 0.025, 0.9), 0.05),  # twice the median
        ((0.005, 0.7, 0.9), 1.0),  # never more than 1
        ((0.04,), 0.04),  # one subject's p is its own
    ],
)
def test_p_of_all_subjects_together_holds_under_any_dependence(values, together):
    assert p_value_means(p_values(*values))["together"].item() == pytest.approx(together)


def test_twice_the_median_keeps_its_level_however_p_values_depend():
    rng = np.random.default_rng(0)
    shared, own = rng.uniform(size=(4000, 1)), rng.uniform(size=(4000, 3))
    for dependent in (np.tile(shared, (1, 3)), own, np.hstack([shared, 1 - shared, own[:, :1]])):
        drawn = p_values(*dependent.reshape(-1))
        drawn["subject"] = [f"s{n}" for n in range(3)] * 4000
        drawn["roi"] = np.repeat([f"r{n}" for n in range(4000)], 3)
        below = p_value_means(drawn)["together"] <= 0.05
        assert below.mean() <= 0.05 + 0.007  # of which 0.0035 is a standard error


def test_of_several_seeds_a_subject_counts_with_its_largest_p():
    frame = pd.concat([p_values(0.005, 0.01), p_values(0.2, 0.02, seed=1)])
    table = p_table(frame)
    assert table.texts["LOC"].tolist() == ["1/2 (0.220)"]
    assert "Of several seeds, the largest p" in table.note


def test_one_subject_has_its_p_alone():
    table = p_table(p_values(0.005))
    assert table.texts["LOC"].tolist() == ["0.005"]
    assert "p of the one subject" in table.note
    assert "median" not in table.note


def test_very_small_p_values_are_written_as_a_bound():
    assert [p_text(p) for p in (0.0001, 0.0005, 0.04)] == ["<0.001", "0.001", "0.040"]


def test_alignments_without_permutations_have_no_table_and_no_cell():
    view = views_of(p_values(0.01))[0]
    assert p_value_table(view, pd.DataFrame()) is None
    assert p_value_table(view, p_values(0.01, direction="decoding")) is None
    some = pd.concat([p_values(0.01), p_values(0.01, method="base", roi="OPA")])
    assert p_table(some).texts["LOC"].tolist() == [MISSING, "0.010"]


def test_a_reader_is_warned_where_a_quarter_of_alphas_lies_on_the_border():
    frame = scores(TWO_SUBJECTS)
    views = views_of(frame)
    assert border_warning(views, frame) == ""
    one_of_four = frame.assign(alpha_at_border=[True, False, False, False])
    sentence = border_warning(views, one_of_four)
    assert "1 of 4 (25 %) when encoding with base vit in grouped folds" in sentence
    assert "alpha_low" in sentence
    one_of_five = pd.concat([one_of_four, frame.head(1).assign(fold=7)])
    assert border_warning(views, one_of_five) == ""
    assert border_shares(one_of_five) == {"lab": "encoding 20 %"}


def p_values_of(results, p):
    cells = results.brain_scores[[*CELL_KEYS, "seed", "subject"]].drop_duplicates()
    return cells.assign(p=p, permutations=199)


def image_study(make_results, **changed):
    """Cut the study down to pictures, in encoding, so that it is drawn quickly."""
    whole = make_results()
    brain = whole.brain_scores
    frames = {
        "task_scores": whole.task_scores[whole.task_scores["modality"] == "image"],
        "brain_scores": brain[(brain["base"] == "tiny-vit") & (brain["direction"] == "encoding")],
        "ceilings": pd.DataFrame(),
        "layer_profile": pd.DataFrame(),
    }
    return make_results(**{**frames, **changed})


def test_the_page_shows_what_was_computed_and_no_section_of_what_was_not(make_results):
    plain = image_study(make_results)
    page = build_report(plain).html
    assert "Hard pairs and ranks" in page
    assert "Permutation tests" not in page
    assert '<p class="warning">' not in page
    assert "chosen alphas on the border of those tried" in page
    tested = image_study(
        make_results,
        p_values=p_values_of(plain, 0.005),
        brain_scores=plain.brain_scores.assign(alpha_at_border=True),
    )
    report = build_report(tested)
    assert "Permutation tests" in report.html
    assert "with layer and alpha chosen anew" in report.html
    assert '<p class="warning">' in report.html
    assert "<td>3/3 (0.010)</td>" in report.html
    assert {"p-values-encoding-bold5000-simulated-tiny-vit"} <= set(report.tables)
    title = "Encoding 2v2 accuracy, permutation tests: bold5000-simulated (simulated subjects)"
    assert title in report.html


def test_a_label_of_a_table_spans_the_rows_below_that_share_it(make_results):
    page = build_report(image_study(make_results)).html
    for label, rows in (("digits", 9), ("rank accuracy", 3)):  # three scores, three methods
        assert f'scope="row" rowspan="{rows}">{label}</th>' in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": 0.0}, "p_values: p: expected p values above 0 and at most 1"),
        ({"p": 1.2}, "54 outside, such as 1.2"),
        ({"p": np.nan}, "p_values: p: .* NaN"),
        ({"permutations": None}, "p_values: permutations"),
    ],
)
def test_p_values_that_cannot_be_are_refused(make_results, change, message):
    frame = p_values_of(make_results(), 0.01).query("base == 'tiny-vit'").head(54)
    with pytest.raises(DataError, match=message):
        make_results(p_values=frame.assign(**change))


def test_missing_columns_and_repeated_rows_of_p_values_are_refused(make_results):
    frame = p_values_of(make_results(), 0.01)
    with pytest.raises(DataError, match=r"p_values: columns: .* no subject"):
        make_results(p_values=frame.drop(columns="subject"))
    with pytest.raises(DataError, match=r"p_values: rows: .* 1 repeated"):
        make_results(p_values=pd.concat([frame, frame.head(1)]))


@pytest.mark.parametrize("column", ["two_vs_two_within", "rank_accuracy"])
def test_accuracies_beside_2v2_are_checked_like_it(make_results, column):
    damaged = make_results().brain_scores
    damaged.loc[3, column] = 64.0
    with pytest.raises(DataError, match=f"brain_scores: {column}: expected accuracies from 0 to 1"):
        make_results(brain_scores=damaged)
