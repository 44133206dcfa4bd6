"""A score knows its own error, be it a mean of examples or a score of the whole corpus."""

import numpy as np
import pytest

from pipeline.tuning.scores.task_score import TaskScore, mean_score


def ratio(seed, gain=0.0, n=200):
    """Make a score that is a ratio of two sums."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 20, n).astype(float)
    right = np.clip(weights * (0.5 + gain) + rng.normal(0, 1, n), 0, None)
    return TaskScore(np.stack([right, weights], axis=1), lambda sums: sums[0] / sums[1])


def test_the_error_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).uniform(size=400)
    score = mean_score(values)
    assert score.mean == pytest.approx(values.mean())
    assert score.error == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.1)


def test_the_error_of_a_ratio_is_that_of_many_corpora():
    drawn = [ratio(seed).mean for seed in range(300)]
    assert ratio(0).error == pytest.approx(np.std(drawn), rel=0.25)


def test_a_corpus_score_is_not_the_mean_of_its_examples():
    score = TaskScore(np.array([[1.0, 1.0], [0.0, 9.0]]), lambda sums: sums[0] / sums[1])
    assert score.mean == pytest.approx(0.1)


@pytest.mark.parametrize(("gain", "beats"), [(0.05, True), (0.0, False), (-0.05, False)])
def test_comparisons_are_paired_whatever_the_formula(gain, beats):
    assert ratio(1, gain).beats(ratio(1)) is beats


def test_an_equal_model_hardly_ever_passes_for_better():
    """One in forty, not one in six as by one standard error."""
    rng = np.random.default_rng(0)
    pairs = [(rng.random(80) < 0.6, rng.random(80) < 0.6) for _ in range(200)]
    passed = [mean_score(a.astype(float)).beats(mean_score(b.astype(float))) for a, b in pairs]
    assert 0 < np.mean(passed) < 0.06


def test_pairing_sees_a_gain_that_is_smaller_than_either_error():
    values = np.random.default_rng(2).uniform(size=100)
    base, tuned = mean_score(values), mean_score(values + 0.01)
    assert base.error > 0.02
    assert tuned.beats(base)
    assert not base.beats(tuned)


def test_scores_of_different_examples_are_not_compared():
    with pytest.raises(ValueError, match="different examples"):
        mean_score(np.ones(3)).beats(mean_score(np.ones(4)))


def test_the_draws_are_the_same_each_time():
    assert ratio(3).error == ratio(3).error
