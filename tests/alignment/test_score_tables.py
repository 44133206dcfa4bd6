"""Score tables give trials, borders, hard pairs, and one layer for each fold."""

import numpy as np
import pandas as pd
import pytest
from settings_with import replace

from pipeline.alignment import align, best_layers, mean_within
from pipeline.alignment.score_tables import ALL_NUISANCE, unique_part
from pipeline.alignment.scores import SCORES, Score


@pytest.fixture
def scores(subject, groups, settings):
    return align(*subject, groups, settings)


def test_a_score_of_r_needs_a_line_in_the_registry_and_nothing_else(
    subject, groups, settings, monkeypatch
):
    monkeypatch.setitem(SCORES, "toy", Score("toy", 0.0, lambda test: float(np.trace(test.R))))
    table = align(*subject, groups, settings)
    np.testing.assert_allclose(table.toy, table.correlation * table.n_test, atol=1e-12)


def test_trials_list_what_optuna_was_told(scores):
    trials = pd.DataFrame(scores.attrs["trials"])
    assert trials.groupby(["direction", "roi"]).size().tolist() == [8] * 4
    assert trials.inner_two_vs_two.between(0, 1).all()


def test_alphas_at_the_border_are_flagged(scores):
    alphas = [trial["alpha"] for trial in scores.attrs["trials"]]
    at_border = scores.alpha.isin([min(alphas), max(alphas)])
    assert (scores.alpha_at_border == at_border).all()


def test_the_layer_of_a_fold_is_the_one_with_the_best_inner_score():
    rows = {
        "direction": "encoding",
        "roi": "language",
        "layer": ["h.0", "h.0", "h.1", "h.1"],
        "fold": [0, 1, 0, 1],
        "inner_two_vs_two": [0.9, 0.8, 0.7, 0.8],
        "inner_correlation": [0.1, 0.1, 0.9, 0.2],
        "two_vs_two": [0.6, 1.0, 1.0, 0.8],
    }
    chosen = best_layers(pd.DataFrame(rows))
    assert list(zip(chosen.fold, chosen.layer, strict=True)) == [(0, "h.0"), (1, "h.1")]
    assert chosen.two_vs_two.mean() == pytest.approx(0.7)


def test_subjects_choose_their_layers_apart(scores):
    both = pd.concat([scores.assign(subject=name) for name in ("sim1", "sim2")])
    chosen = best_layers(both.reset_index(drop=True))
    assert len(chosen) == 2 * 2 * 2 * 4  # subjects, directions, ROIs, folds
    assert chosen.groupby("subject").two_vs_two.sum().nunique() == 1


def two_splits():
    """Give a fold 0 in each of two splits, both features and nuisance features scored."""
    row = {"subject": "S1", "repeat": 0, "direction": "encoding", "roi": "language", "fold": 0}
    accuracies = [
        ("shuffled", "both", "h.0", 0.9),
        ("grouped", "both", "h.0", 0.7),
        ("shuffled", "nuisance", ALL_NUISANCE, 0.6),
        ("grouped", "nuisance", ALL_NUISANCE, 0.5),
    ]
    names = ["split", "source", "layer", "two_vs_two"]
    table = pd.DataFrame(accuracies, columns=names).assign(**row)
    return table.assign(inner_two_vs_two=table.two_vs_two, inner_correlation=0.1)


def test_splits_and_sources_choose_their_layers_apart():
    table = two_splits()
    pd.testing.assert_frame_equal(best_layers(table), table)


def test_the_unique_part_is_given_in_both_splits():
    unique = unique_part(two_splits(), "two_vs_two").set_index("split")["unique"]
    assert unique.to_dict() == pytest.approx({"shuffled": 0.3, "grouped": 0.2})


def test_the_layer_can_be_chosen_by_inner_correlation():
    rows = {
        "direction": "encoding",
        "roi": "language",
        "layer": ["h.0", "h.1"],
        "fold": 0,
        "inner_two_vs_two": [0.9, 0.7],
        "inner_correlation": [0.1, 0.2],
    }
    assert best_layers(pd.DataFrame(rows), "correlation").layer.tolist() == ["h.1"]


def test_alpha_can_be_chosen_by_inner_correlation(subject, groups, settings, scores):
    table = align(*subject, groups, replace(settings, objective="correlation"))
    assert (table.inner_correlation >= scores.inner_correlation - 1e-12).all()
    assert (table.inner_two_vs_two <= scores.inner_two_vs_two).all()
    assert (table.alpha != scores.alpha).any()


def test_hard_pairs_are_those_within_a_label_and_groups_are_the_labels(scores):
    # 12 groups of 4 stimuli, 3 groups to a fold: 3 times 6 pairs
    assert (scores.n_pairs_within == 18).all()
    assert scores.two_vs_two_within.between(0, 1).all()
    assert (scores.two_vs_two_within != scores.two_vs_two).any()


def test_a_fold_without_hard_pairs_is_half_and_left_out_of_the_mean(subject, settings):
    groups = np.arange(48)
    groups[:4] = 0  # only the first passage has pairs
    table = align(*subject, groups, settings)
    without = table[table.n_pairs_within == 0]
    assert len(without) == 3 / 4 * len(table)
    assert (without.two_vs_two_within == 0.5).all()
    by = ["direction", "roi", "layer"]
    means = mean_within(table, by)
    counted = table[table.n_pairs_within == 6].set_index(by).two_vs_two_within
    pd.testing.assert_series_equal(means, counted)


def test_the_mean_within_labels_weighs_pairs_and_drops_what_has_none():
    table = pd.DataFrame(
        {
            "roi": ["a", "a", "a", "b"],
            "two_vs_two_within": [1.0, 0.4, 0.5, 0.5],
            "n_pairs_within": [1, 5, 0, 0],
        }
    )
    means = mean_within(table, ["roi"])
    assert means.index.tolist() == ["a"]
    assert means["a"] == pytest.approx((1 + 0.4 * 5) / 6)
