"""Intervals of differences agree with closed forms, and hold in simulations of known truth."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.alignment.contrasts.calibrated import reason_against
from pipeline.alignment.contrasts.components import crossed
from pipeline.alignment.contrasts.estimate import estimate
from pipeline.alignment.contrasts.families import benjamini_hochberg, holm
from pipeline.alignment.contrasts.group_scores import scores_of
from pipeline.alignment.contrasts.paired import Paired, mean_of, pair
from pipeline.alignment.contrasts.sign_flip import least_p, sign_flip_p


def paired_of(values):
    """Pair what has these values for each training, subject and group: a mean over groups."""
    n_seeds, n_subjects, n_groups = values.shape
    names = (tuple(f"{letter}{n}" for n in range(size)) for letter, size in
             zip("sug", (n_seeds, n_subjects, n_groups), strict=True))  # fmt: skip
    mean = values.mean(axis=-1)
    return Paired(*names, mean, values - mean[..., None])


def crossed_values(rng, subject, group, both, shape=(1, 6, 30), training=0.0):
    return (
        subject * rng.standard_normal((1, shape[1], 1))
        + group * rng.standard_normal((1, 1, shape[2]))
        + both * rng.standard_normal((1, *shape[1:]))
        + training * rng.standard_normal((shape[0], 1, 1))
    )


def sums_of(rng, n_seeds=1, subjects=("a", "b", "c"), n_groups=6):
    rows = [
        {"seed": seed, "subject": subject, "group_a": f"g{i}", "group_b": f"g{j}",
         "wins": float(rng.integers(0, 17)), "pairs": 16}
        for seed in range(n_seeds) for subject in subjects
        for i in range(n_groups) for j in range(i + 1, n_groups)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_score_without_a_group_is_that_of_the_rows_without_it(rng):
    sums = sums_of(rng, n_seeds=2)
    scores = scores_of(sums)
    own = sums[(sums.seed == 1) & (sums.subject == "b")]
    left = own[(own.group_a != "g2") & (own.group_b != "g2")]
    assert scores.whole[1, 1] == pytest.approx(own.wins.sum() / own.pairs.sum())
    assert scores.without[1, 1, 2] == pytest.approx(left.wins.sum() / left.pairs.sum())


def test_influence_is_the_jackknifes_pseudo_value_less_its_mean(rng):
    first, second = scores_of(sums_of(rng)), scores_of(sums_of(rng))
    paired = pair(first, second)
    left = (first.without - second.without)[0, 0]
    pseudo = 6 * paired.difference[0, 0] - 5 * left
    np.testing.assert_allclose(paired.influence[0, 0], pseudo - pseudo.mean())


def test_what_trains_nothing_is_paired_with_every_training(rng):
    many, one = scores_of(sums_of(rng, n_seeds=3)), scores_of(sums_of(rng))
    assert pair(many, one).difference.shape == (3, 3)
    np.testing.assert_allclose(pair(one, many).difference, -pair(many, one).difference)


def test_components_are_the_mean_squares_of_a_two_way_table(rng):
    values = crossed_values(rng, 1.0, 0.5, 2.0)
    table = values[0]
    n_subjects, n_groups = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    rest = table - rows[:, None] - columns + table.mean()
    size = table.size
    subject, group, both = crossed(paired_of(values))
    assert subject.variance == pytest.approx(n_groups * rows.var(ddof=1) / size)
    assert group.variance == pytest.approx(n_subjects * columns.var(ddof=1) / size)
    freedom = (n_subjects - 1) * (n_groups - 1)
    assert both.variance == pytest.approx((rest**2).sum() / freedom / size)
    assert both.freedom == freedom


def test_with_subjects_alone_the_interval_and_p_are_those_of_the_t_test(rng):
    values = crossed_values(rng, 1.0, 0.0, 0.0) + 0.4
    outcome, usual = estimate(paired_of(values)), stats.ttest_1samp(values[0].mean(axis=1), 0)
    assert outcome.p() == pytest.approx(usual.pvalue)
    assert outcome.interval() == pytest.approx(tuple(usual.confidence_interval(0.95)))
    assert outcome.freedom == pytest.approx(5)


def test_with_groups_alone_the_error_is_that_of_a_t_test_with_a_third_more_for_training(rng):
    values = crossed_values(rng, 0.0, 1.0, 0.0)
    outcome, means = estimate(paired_of(values)), values[0].mean(axis=0)
    assert outcome.variance == pytest.approx(4 / 3 * stats.sem(means) ** 2)
    assert outcome.freedom == pytest.approx(len(means) - 1)


@pytest.mark.parametrize(
    "spread", [(1.0, 0.3, 1.0, 0.0), (0.1, 1.0, 1.0, 0.0), (0.1, 1.0, 1.0, 0.3)]
)
def test_intervals_hold_whatever_varies_most(rng, spread):
    subject, group, both, training = spread
    shape = (3 if training else 1, 6, 30)
    holds = [
        low <= 0 <= high
        for low, high in (
            estimate(
                paired_of(crossed_values(rng, subject, group, both, shape, training))
            ).interval()
            for _ in range(600)
        )
    ]
    assert 0.93 <= np.mean(holds) <= 0.99


def test_an_error_over_subjects_alone_is_too_small_where_groups_vary(rng):
    values = [crossed_values(rng, 0.1, 1.0, 1.0) for _ in range(300)]
    outcome = [stats.ttest_1samp(v[0].mean(axis=1), 0).pvalue < 0.05 for v in values]
    assert np.mean(outcome) > 0.2


def test_of_one_subject_the_interval_is_that_of_its_groups_and_two_thirds_for_training(rng):
    """Closed form: pseudo-values of groups are a sample of which the mean is tested."""
    values = 0.2 + rng.standard_normal((1, 1, 30))
    outcome = estimate(paired_of(values))
    error = stats.sem(values.ravel()) * math.sqrt(5 / 3)
    low, high = stats.t.interval(0.95, 29, loc=values.mean(), scale=error)
    assert outcome.interval() == pytest.approx((low, high))
    assert outcome.n_subjects == 1
    assert outcome.freedom == pytest.approx(29)


def test_versions_of_single_folds_have_three_times_the_variance_of_groups(rng):
    values = crossed_values(rng, 0.0, 1.0, 0.0)
    for table in (values, values[:, :1]):
        in_folds = replace(paired_of(table), tuned_in_folds=True)
        error = stats.sem(table[0].mean(axis=0))
        assert estimate(in_folds).variance == pytest.approx(3 * error**2)
        assert mean_of([paired_of(table), in_folds]).tuned_in_folds


def test_trainings_are_added_to_the_groups_of_one_subject(rng):
    values = rng.standard_normal((4, 1, 30)) + rng.standard_normal((4, 1, 1))
    outcome, alone = estimate(paired_of(values)), estimate(paired_of(values.mean(0, keepdims=True)))
    trainings = values.mean(axis=(1, 2)).var(ddof=1) / 4
    assert outcome.variance == pytest.approx(alone.variance + trainings)


def test_equivalence_is_two_one_sided_tests(rng):
    values = crossed_values(rng, 1.0, 0.0, 0.0)
    outcome, means = estimate(paired_of(values)), values[0].mean(axis=1)
    margin = outcome.least_margin()
    above = stats.ttest_1samp(means, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(means, margin, alternative="less").pvalue
    assert max(above, below) == pytest.approx(0.05)


def test_a_visible_difference_is_found_in_four_of_five_studies(rng):
    shape = (1, 12, 60)
    first = estimate(paired_of(crossed_values(rng, 1.0, 1.0, 1.0, shape)))
    visible = np.median(
        [
            estimate(paired_of(crossed_values(rng, 1.0, 1.0, 1.0, shape))).visible_from()
            for _ in range(99)
        ]
    )
    outcome = [
        estimate(paired_of(crossed_values(rng, 1.0, 1.0, 1.0, shape) + visible)).p() < 0.05
        for _ in range(400)
    ]
    assert first.visible_from() > 2 * first.error
    assert np.mean(outcome) == pytest.approx(0.8, abs=0.07)


def test_the_mean_of_a_cell_with_itself_is_that_cell(rng):
    cell = pair(scores_of(sums_of(rng)), scores_of(sums_of(rng)))
    same, outcome = estimate(mean_of([cell, cell])), estimate(cell)
    assert (same.difference, same.variance) == pytest.approx((outcome.difference, outcome.variance))


def test_signs_are_flipped_as_scipy_does(rng):
    values = rng.standard_normal(7) + 0.5
    expected = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip_p(values) == pytest.approx(expected.pvalue)
    assert sign_flip_p([1.0, 2.0, 3.0]) == least_p(3) == 0.25
    assert sign_flip_p(np.ones(40)) == least_p(40)


def test_corrections_are_those_of_the_books_and_pass_over_no_test():
    p = [0.01, math.nan, 0.04, 0.03]
    np.testing.assert_allclose(holm(p), [0.03, math.nan, 0.06, 0.06])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.03, math.nan, 0.04, 0.04])


@pytest.mark.parametrize(
    ("n_subjects", "n_groups", "split", "reason"),
    [
        (9, 24, "grouped", "with 9 subjects hold from 72 on"),
        (9, 72, "grouped", ""),
        (1, 96, "grouped", ""),
        (1, 24, "grouped", ""),
        (1, 12, "grouped", "12 stimulus groups"),
        (2, 96, "grouped", "2 subjects"),
        (3, 12, "grouped", "12 stimulus groups"),
        (3, 96, "shuffled", "not in shuffled ones"),
        (3, 24, "grouped", ""),
    ],
)
def test_no_interval_is_given_where_none_was_calibrated(rng, n_subjects, n_groups, split, reason):
    outcome = estimate(paired_of(crossed_values(rng, 1, 1, 1, (1, n_subjects, n_groups))))
    reason_there = reason_against(outcome, split)
    assert reason in reason_there
    assert bool(reason_there) == bool(reason)
