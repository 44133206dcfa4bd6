import itertools

import numpy as np
import pytest

from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.two_vs_two import (
    TIE,
    mean_correlation,
    pairs_within,
    rank_accuracy,
    two_vs_two,
)


def looped_two_vs_two(predicted, true):
    """Eq. 1 as it is written: one pair after another, from explicit patterns."""

    def r(a, b):
        return np.corrcoef(a, b)[0, 1]

    points = []
    for i, j in itertools.combinations(range(len(true)), 2):
        gain = (r(predicted[i], true[i]) - r(predicted[i], true[j])) + (
            r(predicted[j], true[j]) - r(predicted[j], true[i])
        )
        points.append(1.0 if gain > 0 else 0.5 if gain == 0 else 0.0)
    return np.mean(points)


def crossed(predicted, true):
    """Correlation matrix R of explicit patterns."""
    n = len(true)
    return np.corrcoef(predicted, true)[:n, n:]


def test_perfect_predictions_score_one(rng):
    true = rng.standard_normal((9, 30))
    assert two_vs_two(crossed(true, true)) == 1
    assert rank_accuracy(crossed(true, true)) == 1


def test_flipped_predictions_score_zero(rng):
    true = rng.standard_normal((9, 30))
    assert two_vs_two(crossed(-true, true)) == 0
    assert rank_accuracy(crossed(-true, true)) == 0


def test_unrelated_predictions_score_one_half_on_average():
    rng = np.random.default_rng(0)
    scores = [
        two_vs_two(crossed(rng.standard_normal((12, 20)), rng.standard_normal((12, 20))))
        for _ in range(400)
    ]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.02)


def test_equal_predictions_tie_exactly_and_score_one_half(rng):
    R = np.tile(rng.standard_normal(11), (11, 1))
    assert two_vs_two(R) == 0.5
    assert two_vs_two(np.full((5, 5), 0.3)) == 0.5
    assert rank_accuracy(np.full((5, 5), 0.3)) == 0.5


def test_it_equals_the_loop_over_pairs(rng):
    true = rng.standard_normal((15, 40))
    predicted = 0.2 * true + rng.standard_normal((15, 40))
    assert two_vs_two(crossed(predicted, true)) == looped_two_vs_two(predicted, true)


def test_a_cross_term_of_two_true_patterns_is_another_number(rng):
    """A published implementation compares true i with true j; that is not Eq. 1."""
    true = rng.standard_normal((15, 10)) + 2 * rng.standard_normal(10)
    predicted = 0.3 * true + rng.standard_normal((15, 10))
    R, wrong = crossed(predicted, true), crossed(true, true)
    wrong_gain = [
        (R[i, i] - wrong[i, j]) + (R[j, j] - wrong[j, i])
        for i, j in itertools.combinations(range(15), 2)
    ]
    assert two_vs_two(R) != pytest.approx(np.mean(np.array(wrong_gain) > 0), abs=0.05)
    assert two_vs_two(R) == pytest.approx(looped_two_vs_two(predicted, true), abs=1e-12)


def test_true_patterns_that_resemble_one_another_are_no_error_of_the_prediction():
    """Each prediction fits its own pattern, but less than the two true patterns fit one another."""
    true = np.array([[0.0, 0, 0, 9, 1, 0], [0, 0, 0, 9, 0, 1]])
    predicted = np.array([[3.0, 0, 1, 1, 4, 0], [0, 3, 1, 1, 0, 4]])
    R, wrong = crossed(predicted, true), crossed(true, true)
    assert (R[0, 0] - wrong[0, 1]) + (R[1, 1] - wrong[1, 0]) < 0
    assert two_vs_two(R) == looped_two_vs_two(predicted, true) == 1


def test_leading_dimensions_are_scored_one_by_one(rng):
    R = rng.uniform(-1, 1, (3, 4, 7, 7))
    for score in (two_vs_two, rank_accuracy, mean_correlation):
        stacked = score(R)
        assert stacked.shape == (3, 4)
        for index in np.ndindex(3, 4):
            assert stacked[index] == score(R[index])


def test_rank_accuracy_is_one_minus_the_relative_rank(rng):
    R = rng.uniform(-1, 1, (8, 8))
    ranks = [1 + sum(R[i, j] > R[i, i] for j in range(8) if j != i) for i in range(8)]
    assert rank_accuracy(R) == pytest.approx(np.mean([1 - (rank - 1) / 7 for rank in ranks]))


def test_correlations_from_gram_matrices_equal_those_of_explicit_predictions(rng):
    Y = rng.standard_normal((20, 50))
    train, test = np.arange(13), np.arange(13, 20)
    hats = rng.standard_normal((2, 3, 7, 13))
    centred = Y - Y.mean(axis=1, keepdims=True)
    R = correlations(hats, centred @ centred.T, train, test)
    assert R.shape == (2, 3, 7, 7)
    for index in np.ndindex(2, 3):
        expected = crossed(hats[index] @ Y[train], Y[test])
        np.testing.assert_allclose(R[index], expected, atol=1e-12)


def test_a_prediction_without_variation_ties_and_is_never_nan(rng):
    Y = rng.standard_normal((20, 50))
    Y -= Y.mean(axis=0)
    centred = Y - Y.mean(axis=1, keepdims=True)
    train, test = np.arange(20), np.arange(4)
    patterns = centred @ centred.T
    assert two_vs_two(correlations(np.zeros((4, 20)), patterns, train, test)) == 0.5
    # Equal weights predict the mean over training rows, which is 0 up to rounding.
    np.testing.assert_array_equal(correlations(np.ones((4, 20)), patterns, train, test), 0)


def test_what_rounding_makes_of_a_tie_is_a_tie(rng):
    R = np.tile(rng.uniform(-1, 1, 11), (11, 1))
    rounded = R + 0.2 * TIE * rng.uniform(-1, 1, R.shape)
    assert two_vs_two(rounded) == rank_accuracy(np.full_like(R, 0.3) + 0.2 * TIE) == 0.5
    assert two_vs_two(np.eye(2) * TIE) == 1


def test_a_gain_of_just_the_tolerance_is_a_tie_and_any_more_is_none():
    at_border = (
        np.eye(2) * TIE / 2
    )  # of a pair the gain is twice that, of a stimulus in its rank once
    assert two_vs_two(at_border) == two_vs_two(-at_border) == 0.5
    assert rank_accuracy(2 * at_border) == rank_accuracy(-2 * at_border) == 0.5
    assert (two_vs_two(1.01 * at_border), two_vs_two(-1.01 * at_border)) == (1, 0)
    assert (rank_accuracy(2.01 * at_border), rank_accuracy(-2.01 * at_border)) == (1, 0)


def test_hard_pairs_are_scored_alone(rng):
    R = rng.uniform(-1, 1, (3, 9, 9))
    labels = np.array(["a", "b", "a", "a", "c", "b", "c", "d", "a"])
    pairs = pairs_within(labels)
    same = [(i, j) for i, j in itertools.combinations(range(9), 2) if labels[i] == labels[j]]
    assert np.count_nonzero(pairs) == 2 * len(same) == 2 * (6 + 1 + 1)
    for scored, one in zip(two_vs_two(R, pairs), R, strict=True):
        points = [(one[i, i] - one[i, j]) + (one[j, j] - one[j, i]) > 0 for i, j in same]
        assert scored == pytest.approx(np.mean(points), abs=1e-12)


def test_all_pairs_within_one_label_are_all_pairs(rng):
    R = rng.uniform(-1, 1, (7, 7))
    assert two_vs_two(R, pairs_within(np.zeros(7))) == two_vs_two(R)


def test_no_pair_within_a_label_scores_one_half(rng):
    assert two_vs_two(rng.uniform(-1, 1, (7, 7)), pairs_within(np.arange(7))) == 0.5
