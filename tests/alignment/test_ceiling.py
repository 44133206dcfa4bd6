import numpy as np
import pytest

from pipeline.alignment import make_folds, split_half_ceiling
from pipeline.errors import AlignmentError


@pytest.fixture
def folds(groups):
    return make_folds(groups, 4, "grouped", seed=0)


def repeats(n_repeats, noise, seed=0):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((48, 60))
    return signal + noise * rng.standard_normal((n_repeats, 48, 60))


def test_repeats_without_noise_have_a_ceiling_of_one(folds):
    ceiling = split_half_ceiling(repeats(4, 0.0), folds)
    assert len(ceiling) == 4
    np.testing.assert_allclose(ceiling[["two_vs_two", "correlation", "correlation_corrected"]], 1)


def test_repeats_of_noise_have_a_ceiling_at_chance(folds):
    means = [
        split_half_ceiling(np.random.default_rng(seed).standard_normal((2, 48, 60)), folds).mean()
        for seed in range(30)
    ]
    assert np.mean([mean.two_vs_two for mean in means]) == pytest.approx(0.5, abs=0.04)
    assert np.mean([mean.correlation for mean in means]) == pytest.approx(0, abs=0.01)


def test_the_corrected_correlation_recovers_the_reliability_of_the_mean(folds):
    """Means of both halves of 4 repeats: signal 1, noise 4 / 4, reliability 1 / 2."""
    ceiling = split_half_ceiling(repeats(4, 2.0), folds)
    assert ceiling.correlation.mean() == pytest.approx(1 / 3, abs=0.03)
    assert ceiling.correlation_corrected.mean() == pytest.approx(0.5, abs=0.04)


def test_more_noise_lowers_the_ceiling(folds):
    scores = [split_half_ceiling(repeats(2, noise), folds).two_vs_two.mean() for noise in (1, 4, 9)]
    assert scores[0] > scores[1] > scores[2]


def test_it_is_the_explicit_correlation_of_z_scored_halves(folds, rng):
    halves = repeats(2, 1.0)
    ceiling = split_half_ceiling(halves, folds)
    for number, fold in enumerate(folds):
        a, b = ((h - h[fold.train].mean(0)) / h[fold.train].std(0) for h in halves)
        r = np.mean([np.corrcoef(a[i], b[i])[0, 1] for i in fold.test])
        assert ceiling.correlation[number] == pytest.approx(r)
        assert ceiling.correlation_corrected[number] == pytest.approx(2 * r / (1 + r))


def test_an_odd_number_of_repeats_leaves_one_out_of_each_division(folds):
    data = repeats(3, 1.0)
    assert split_half_ceiling(data, folds).correlation.mean() == pytest.approx(
        np.mean(
            [
                split_half_ceiling(data[list(pair)], folds).correlation.mean()
                for pair in ((0, 1), (0, 2), (1, 2))
            ]
        ),
        abs=0.02,
    )


def test_the_same_seed_gives_the_same_ceiling(folds):
    first, again = (split_half_ceiling(repeats(6, 1.0), folds, n_splits=3) for _ in range(2))
    assert first.equals(again)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (repeats(1, 1.0), "at least 2 repeats.*presented more than once"),
        (np.full((2, 48, 60), np.nan), "finite numbers; found 5760"),
        (repeats(2, 1.0)[:, :, :1], "fold 0: expected patterns that vary"),
    ],
)
def test_repeats_without_an_answer_are_refused(folds, data, message):
    with pytest.raises(AlignmentError, match=message):
        split_half_ceiling(data, folds)
