"""A study's contrasts, cell by cell, by subject and overall."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.contrasts.compared_pairs import compared, compared_as_they_are
from pipeline.alignment.contrasts.table import contrast_tables

ROIS, TASKS, N_GROUPS = ("language", "vision"), ("summarization", "translation"), 26
LEVEL = {"prompt": 0.75, "full": 0.65, "base": 0.65}


@pytest.fixture
def sums(rng):
    pairs = [(i, j) for i in range(N_GROUPS) for j in range(i + 1, N_GROUPS)]
    cells = [
        pd.DataFrame(
            {
                "modality": "text", "brain": "b", "simulated": True, "split": "grouped",
                "direction": "encoding", "base": "gpt2", "task": task, "roi": roi,
                "method": method, "seed": 0, "subject": subject,
                "group_a": [f"g{i:02d}" for i, _ in pairs],
                "group_b": [f"g{j:02d}" for _, j in pairs],
                "wins": rng.binomial(16, level, len(pairs)).astype(float), "pairs": 16,
            }
        )
        for task in TASKS for roi in ROIS for method, level in LEVEL.items()
        for subject in ("s1", "s2", "s3")
    ]  # fmt: skip
    return pd.concat(cells, ignore_index=True)


def test_every_cell_and_contrast_has_one_row_and_overall_one_number(sums):
    tables = contrast_tables(sums, {"prompt"}, 0.02)
    assert len(tables.cells) == 4 * 3
    assert len(tables.subjects) == 4 * 3 * 3
    assert tables.overall.contrast.tolist() == [
        "prompt \u2212 full",
        "prompt \u2212 base",
        "full \u2212 base",
    ]
    assert (tables.overall.n_cells == 4).all()


def test_differences_are_those_of_scores_over_all_pairs(sums):
    tables = contrast_tables(sums, {"prompt"}, 0.02)
    own = sums[(sums.roi == "vision") & (sums.task == "translation")]
    total = own.groupby(["subject", "method"])[["wins", "pairs"]].sum()
    score = (total.wins / total.pairs).unstack()
    cells = tables.cells
    row = cells[(cells.roi == "vision") & (cells.task == "translation")].iloc[0]
    assert row.contrast == "prompt \u2212 full"
    assert row.difference == pytest.approx((score.prompt - score.full).mean())
    primary = cells[cells.contrast == "prompt \u2212 full"]
    assert tables.overall.difference[0] == pytest.approx(primary.difference.mean())


def test_a_true_difference_is_found_and_a_true_zero_is_called_equivalent(sums):
    overall = contrast_tables(sums, {"prompt"}, 0.02).overall.set_index("contrast")
    assert overall.low["prompt \u2212 full"] > 0.05
    assert overall.p_holm["prompt \u2212 full"] < 0.01
    assert not overall.equivalent["prompt \u2212 full"]
    assert overall.equivalent["full \u2212 base"]
    assert overall.low["full \u2212 base"] < 0 < overall.high["full \u2212 base"]


def widths(sums, pair=("prompt", "full")):
    cells = contrast_tables(sums, (), 0.02, (pair,)).cells
    return (cells.high - cells.low).to_numpy()


def test_versions_of_single_folds_have_wider_intervals_where_either_was_tuned_there(sums):
    one = sums[(sums.roi == "vision") & (sums.task == "translation")]
    tuned, controls = one[one.method != "base"], one[one.method != "prompt"]
    untuned = controls.replace({"full": "untrained"})
    assert (widths(tuned.assign(task="brain")) > 1.2 * widths(tuned)).all()
    assert (widths(untuned.assign(task="brain")) == widths(untuned)).all()
    regimes = tuned.replace({"prompt": "brain", "full": "summarization"})
    assert (widths(regimes, ("brain", "summarization")) > 1.2 * widths(tuned)).all()


def test_p_values_are_corrected_within_families_of_a_direction(sums):
    both = pd.concat([sums, sums.assign(direction="decoding")], ignore_index=True)
    alone, together = (contrast_tables(s, {"prompt"}, 0.02).cells for s in (sums, both))
    encoding = together[together.direction == "encoding"]
    np.testing.assert_allclose(encoding.p_holm, alone.p_holm)
    assert (alone.p_holm >= alone.p_bh).all()
    assert set(alone.family) == {"primary", "less base"}


def test_of_one_subject_every_cell_has_an_interval_and_a_corrected_p(sums):
    tables = contrast_tables(sums[sums.subject == "s1"], {"prompt"}, 0.02)
    assert (tables.cells.reason == "").all()
    assert tables.cells[["low", "high", "p", "p_holm", "p_max"]].notna().all(axis=None)
    assert (tables.cells.least_p_sign_flip == 1).all()


def test_with_two_subjects_there_is_a_difference_and_a_reason_but_no_interval(sums):
    tables = contrast_tables(sums[sums.subject != "s3"], {"prompt"}, 0.02)
    assert tables.cells.reason.str.startswith("2 subjects, and intervals hold for one").all()
    assert tables.cells[["low", "high", "p", "p_holm", "visible_from"]].isna().all(axis=None)
    assert tables.cells.difference.notna().all()
    assert tables.cells.equivalent.isna().all()


def test_prompts_less_full_are_the_primary_family_and_controls_are_paired_once():
    methods = ["base", "full", "prompt", "lora", "untrained", "nuisance", "bag-of-words"]
    listed = list(compared(methods, {"prompt"}))
    assert ("primary", "prompt", "full") in listed
    assert ("less full", "lora", "full") in listed
    assert ("less base", "full", "base") in listed
    assert ("less nuisance", "prompt", "nuisance") in listed
    assert ("less bag-of-words", "prompt", "bag-of-words") in listed
    assert not any({"nuisance", "bag-of-words"} == {a, b} for _, a, b in listed)
    pairs = [frozenset(names) for _, *names in listed]
    assert len(set(pairs)) == len(pairs)


def test_a_declared_family_is_the_primary_one_in_its_own_order():
    listed = list(compared(["base", "full", "prompt"], {"prompt"}, (("full", "prompt"),)))
    assert listed[0] == ("primary", "full", "prompt")
    assert ("less full", "prompt", "full") not in listed
    assert ("less base", "full", "base") in listed
    of_two = list(compared(["lora", "prompt"], {"prompt"}, (("prompts", "lora"),)))
    assert of_two == [("primary", "prompt", "lora")]


def test_the_mean_over_the_primary_family_is_one_number_with_counts(sums):
    tables = contrast_tables(sums, {"prompt"}, 0.02, (("prompt", "full"), ("prompt", "base")))
    (family,) = tables.families.itertuples()
    primary = tables.cells[tables.cells.family == "primary"]
    assert family.n_cells == len(primary) == 8
    assert family.difference == pytest.approx(primary.difference.mean())
    assert family.n_holm == (primary.p_holm <= 0.05).sum()
    assert family.p_sign_flip == family.least_p_sign_flip == 0.25


def test_models_as_they_are_are_compared_in_pairs_and_less_each_control():
    models = ["one", "nuisance", "two", "three"]
    assert list(compared_as_they_are(models)) == [
        ("between models", "one", "two"),
        ("between models", "one", "three"),
        ("between models", "two", "three"),
        ("less nuisance", "one", "nuisance"),
        ("less nuisance", "two", "nuisance"),
        ("less nuisance", "three", "nuisance"),
    ]
    declared = list(compared_as_they_are(["one", "two"], (("two", "one"),)))
    assert declared == [("primary", "two", "one")]
