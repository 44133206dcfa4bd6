"""Power is what the analytic test says it is, and nothing is found where there is nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nct, permutation_test, t, ttest_1samp

from pipeline.alignment.power.design import ContrastDesign, spread_of_scores
from pipeline.alignment.power.estimate import p_values, power_of_contrast

DESIGN = ContrastDesign(n_subjects=8, n_folds=5, sd_between_subjects=0.02, sd_within=0.05)
TESTS = ("t", "sign-flip")


def analytic(design, difference):
    """Power of the two-sided paired t test over subjects."""
    variance = design.sd_between_subjects**2 + design.sd_within**2 / design.n_folds
    shift = difference / np.sqrt(variance / design.n_subjects)
    degrees = design.n_subjects - 1
    edge = t.isf(design.alpha / 2, degrees)
    return nct.sf(edge, degrees, shift) + nct.cdf(-edge, degrees, shift)


def scores(n_subjects=400, n_folds=4, between=0.03, within=0.06, difference=0.1, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(n_subjects), range(n_folds)])
    subject, fold = (index.get_level_values(level) for level in (0, 1))
    shared = rng.normal(0.6, 0.2, len(index))
    own = np.repeat(rng.normal(difference, between, n_subjects), n_folds)
    gap = own + rng.normal(0, within, len(index))
    first, second = (
        pd.DataFrame({"subject": subject, "fold": fold, "two_vs_two": values})
        for values in (shared + gap, shared)
    )
    return first, second.sample(frac=1, random_state=seed)


@pytest.mark.parametrize("difference", [0.0, 0.01, 0.03, -0.03, 0.06])
@pytest.mark.parametrize("n_subjects", [2, 4, 10, 30])
def test_the_t_test_has_its_analytic_power(n_subjects, difference):
    design = replace(DESIGN, n_subjects=n_subjects)
    power = power_of_contrast(design, difference, n_simulations=10_000)
    expected = analytic(design, difference)
    assert power.rate == pytest.approx(expected, abs=4 * np.sqrt(expected / 10_000))


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("test", TESTS)
def test_false_positives_are_as_many_as_alpha_allows(test, alpha):
    power = power_of_contrast(replace(DESIGN, test=test, alpha=alpha), 0.0, 10_000)
    flips = 2 ** (DESIGN.n_subjects - 1)
    exact = alpha if test == "t" else np.floor(alpha * flips) / flips
    assert power.rate == pytest.approx(exact, abs=4 * np.sqrt(alpha / 10_000))
    assert power.wrong_sign == 0


@pytest.mark.parametrize("test", TESTS)
def test_power_grows_with_the_difference_and_with_subjects(test):
    design = replace(DESIGN, test=test)
    by_difference = [power_of_contrast(design, d).rate for d in (0, 0.01, 0.02, 0.04, 0.08)]
    by_subjects = [
        power_of_contrast(replace(design, n_subjects=n), 0.03).rate for n in (3, 6, 9, 12)
    ]
    assert by_difference == sorted(set(by_difference))
    assert by_subjects == sorted(set(by_subjects))


def test_more_folds_help_only_as_far_as_subjects_agree():
    few, many = (power_of_contrast(replace(DESIGN, n_folds=n), 0.02).rate for n in (2, 10_000))
    agreeing = power_of_contrast(replace(DESIGN, n_folds=10_000, sd_between_subjects=0), 0.02)
    assert few < many < agreeing.rate == 1


def test_power_does_not_depend_on_the_sign_and_errors_of_sign_are_counted():
    design = replace(DESIGN, n_subjects=3)
    up, down = (power_of_contrast(design, d, 20_000) for d in (0.005, -0.005))
    assert up.rate == pytest.approx(down.rate, abs=0.01)
    assert 0 < up.wrong_sign < up.rate / 2
    assert power_of_contrast(DESIGN, 0.2).wrong_sign == 0


def test_flipping_signs_finds_nothing_with_five_subjects():
    design = replace(DESIGN, n_subjects=5, test="sign-flip")
    assert power_of_contrast(design, 1.0).rate == 0
    assert power_of_contrast(replace(design, n_subjects=6), 1.0).rate == 1


def test_the_same_seed_gives_the_same_power():
    first, again, other = (power_of_contrast(DESIGN, 0.02, 4000, seed) for seed in (3, 3, 4))
    assert first == again
    assert first.rate != other.rate
    assert first.standard_error == pytest.approx(np.sqrt(first.rate * (1 - first.rate) / 4000))


def test_p_values_are_those_of_scipy():
    means = np.random.default_rng(0).normal(0.3, 1, (20, 7))
    np.testing.assert_allclose(p_values(means, "t"), ttest_1samp(means, 0, axis=1).pvalue)
    for row, p in zip(means, p_values(means, "sign-flip"), strict=True):
        flipped = permutation_test((row, np.zeros(7)), lambda x, y: np.mean(x - y),
                                   permutation_type="samples", n_resamples=np.inf)  # fmt: skip
        assert p == pytest.approx(flipped.pvalue)


def test_ties_count_as_being_as_extreme():
    assert p_values(np.full((1, 4), 0.1), "sign-flip")[0] == 1 / 8


def test_the_spread_is_recovered_from_scores():
    spread = spread_of_scores(*scores())
    assert spread.between_subjects == pytest.approx(0.03, abs=0.004)
    assert spread.within == pytest.approx(0.06, abs=0.003)


def test_subjects_who_differ_by_less_than_their_noise_are_taken_as_alike():
    first, second = scores(n_subjects=2, n_folds=2, between=0.0, within=0.1, difference=0)
    first["two_vs_two"] = second.sort_index()["two_vs_two"] + np.array([0.1, -0.1, -0.1, 0.1])
    assert spread_of_scores(first, second).between_subjects == 0
