"""The spread between trainings is that of an analysis of variance, and its interval covers."""

import numpy as np
import pytest
from scipy.stats import chi2

from pipeline.alignment.contrasts.trainings import training_spread


def drawn(rng, n_seeds, n_subjects, training=1.0, subject=2.0, rest=0.5):
    return (
        training * rng.standard_normal((n_seeds, 1))
        + subject * rng.standard_normal((1, n_subjects))
        + rest * rng.standard_normal((n_seeds, n_subjects))
    )


def squares_left(difference, columns):
    """Fit indicators by least squares; give the sum of squares that they leave."""
    target = difference.ravel()
    return target @ (target - columns @ np.linalg.lstsq(columns, target)[0])


def test_the_component_is_that_of_an_analysis_of_variance_by_least_squares():
    difference = drawn(np.random.default_rng(0), 5, 7)
    seeds = np.kron(np.eye(5), np.ones((7, 1)))
    subjects = np.kron(np.ones((5, 1)), np.eye(7))
    left = squares_left(difference, np.hstack([seeds, subjects]))
    by_seed = squares_left(difference, subjects) - left
    expected = (by_seed / 4 - left / (4 * 6)) / 7
    assert training_spread(difference).variance == pytest.approx(expected)


def test_without_rest_the_interval_is_that_of_a_chi_square():
    difference = drawn(np.random.default_rng(1), 6, 4, rest=0.0)
    spread = training_spread(difference)
    variance = difference.mean(axis=1).var(ddof=1)
    assert spread.variance == pytest.approx(variance)
    assert spread.low == pytest.approx(5 * variance / chi2.isf(0.025, 5))
    assert spread.high == pytest.approx(5 * variance / chi2.ppf(0.025, 5))


@pytest.mark.parametrize("n_seeds", [3, 8])
@pytest.mark.parametrize("rest", [0.3, 3.0])
def test_the_interval_holds_the_truth_95_times_in_100(n_seeds, rest):
    rng = np.random.default_rng(2)
    spreads = [training_spread(drawn(rng, n_seeds, 6, rest=rest)) for _ in range(1000)]
    covered = np.mean([spread.low <= 1 <= spread.high for spread in spreads])
    assert 0.93 < covered < 0.985
    assert np.mean([spread.variance for spread in spreads]) == pytest.approx(1, abs=0.25)


def test_trainings_that_do_not_differ_may_have_a_spread_of_nothing():
    rng = np.random.default_rng(3)
    spreads = [training_spread(drawn(rng, 4, 6, training=0.0)) for _ in range(200)]
    assert np.mean([spread.low == 0 for spread in spreads]) > 0.9
    assert np.mean([spread.variance for spread in spreads]) == pytest.approx(0, abs=0.02)
    assert all(spread.deviations[0] >= 0 for spread in spreads)


@pytest.mark.parametrize("shape", [(2, 5), (5, 1)])
def test_two_trainings_or_one_subject_say_nothing(shape):
    assert training_spread(np.ones(shape)) is None
