"""Inner scores in both precisions against the block identity and explicit quadratic forms."""

import numpy as np
import pytest
from block_identity import held_out_hat, resolvents

from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.alpha_curves import inner_scores, inner_source, inner_target
from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import Grams, gram_matrices
from pipeline.alignment.kernel.inner_curves import inner_curves
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.pairs import FoldTask
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two

N = 60
TRAIN, TEST = np.arange(10, N), np.arange(10)
INNER = Fold(np.arange(10, 50), np.arange(10))
ALPHAS = np.logspace(-4, 4, 9)


def one_hot(rng, n_labels):
    return np.eye(n_labels)[rng.permutation(np.arange(N) % n_labels)]


def steep(rng):
    """Principal components that fall by thirteen orders of magnitude."""
    return rng.standard_normal((N, 80)) * np.logspace(0, -13, 80) @ rng.standard_normal((80, 80))


SOURCES = {
    "more features than stimuli": lambda rng: rng.standard_normal((N, 90)),
    "fewer features": lambda rng: rng.standard_normal((N, 7)),
    "one feature": lambda rng: rng.standard_normal((N, 1)),
    "steep spectrum": steep,
    "one-hot: equal eigenvalues": lambda rng: one_hot(rng, 12),
    "repeated stimuli": lambda rng: np.repeat(rng.standard_normal((N // 2, 90)), 2, axis=0),
    "nearly repeated stimuli": lambda rng: (
        np.repeat(rng.standard_normal((N // 20, 90)), 20, axis=0)
        + 1e-4 * rng.standard_normal((N, 90))
    ),
    "duplicated features": lambda rng: np.tile(rng.standard_normal((N, 20)), 3),
}
TARGETS = {
    "many voxels": lambda rng: rng.standard_normal((N, 300)),
    "fewer voxels than stimuli": lambda rng: rng.standard_normal((N, 9)),
    "two voxels": lambda rng: rng.standard_normal((N, 2)),
    "one strong common signal": lambda rng: (
        rng.standard_normal((N, 200)) + 1e4 * rng.standard_normal((N, 1))
    ),
    "repeated stimuli": lambda rng: np.repeat(rng.standard_normal((N // 2, 200)), 2, axis=0),
}


def by_block_identity(x, y):
    """One factorisation of all training rows, a hat matrix for every alpha, h S hᵀ as it stands."""
    whole = resolvents(factorise(x.kernel, TRAIN, TEST), ALPHAS)
    hats = held_out_hat(whole, INNER.train, INNER.test)
    return correlations(hats, y.patterns, TRAIN[INNER.train], TRAIN[INNER.test])


def undecided(R):
    """Share of pairs that the rounding of R could turn, for every alpha."""
    gain = np.diagonal(R, axis1=-2, axis2=-1)[..., None] - R
    gain = np.abs(gain + gain.swapaxes(-1, -2))
    return (np.count_nonzero(gain < 1e-7, axis=(-2, -1)) - 10) / 90


def in_float64(x, y):
    labels = np.arange(N)
    fold = NestedFold(Fold(TRAIN, TEST), (INNER,))
    task = FoldTask(0, fold, ALPHAS, "two_vs_two", labels, labels.astype(str))
    return inner_curves({"x": x}, {"y": y}, task, map)["x"][0]


def in_float32(x, y):
    fitted, held_out = TRAIN[INNER.train], TRAIN[INNER.test]
    penalties = ALPHAS * factorise(x.kernel, TRAIN, TEST).scale
    gram, crossed = x.kernel[np.ix_(fitted, fitted)], x.kernel[np.ix_(held_out, fitted)]
    unit = y.patterns[np.ix_(fitted, held_out)] / np.sqrt(np.diagonal(y.patterns)[held_out])
    target = inner_target(y.patterns[np.ix_(fitted, fitted)], unit)
    return inner_scores(inner_source(gram, crossed, penalties), target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_scores_of_every_alpha_equal_those_of_the_block_identity(source, target):
    rng = np.random.default_rng(list(SOURCES).index(source))
    x = gram_matrices(SOURCES[source](rng), TRAIN)
    y = gram_matrices(TARGETS[target](rng), TRAIN)
    scores = in_float64(x, y)
    R = by_block_identity(x, y)
    np.testing.assert_allclose(scores[1], mean_correlation(R), atol=1e-7)
    assert (np.abs(scores[0] - two_vs_two(R)) <= undecided(R) + 1e-12).all()


@pytest.mark.parametrize("seed", range(25))
def test_the_best_alpha_is_that_of_the_block_identity(seed):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((N, 6))
    x = gram_matrices(
        signal @ rng.standard_normal((6, 40)) + 3 * rng.standard_normal((N, 40)), TRAIN
    )
    y = gram_matrices(
        signal @ rng.standard_normal((6, 70)) + 3 * rng.standard_normal((N, 70)), TRAIN
    )
    scores, R = in_float64(x, y), by_block_identity(x, y)
    np.testing.assert_allclose(scores[0], two_vs_two(R), atol=1e-12)
    np.testing.assert_allclose(scores[1], mean_correlation(R), atol=1e-12)
    assert np.argmax(scores[1]) == np.argmax(mean_correlation(R))


def test_held_out_stimuli_that_are_predicted_alike_tie_under_every_alpha(rng):
    values = rng.standard_normal((N, 5))
    values[TRAIN[INNER.test]] = rng.standard_normal(5)
    x, y = gram_matrices(values, TRAIN), gram_matrices(rng.standard_normal((N, 30)), TRAIN)
    np.testing.assert_array_equal(in_float64(x, y)[0], 0.5)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_scores_in_float32_are_within_their_bounds(source, target):
    rng = np.random.default_rng(list(SOURCES).index(source))
    x = gram_matrices(SOURCES[source](rng), TRAIN)
    y = gram_matrices(TARGETS[target](rng), TRAIN)
    single = in_float32(x, y)
    R = by_block_identity(x, y)
    off = np.abs(single.values[1] - mean_correlation(R))
    assert (off <= single.errors[1] + 1e-7).all()  # the identity itself is off by up to 1e-7
    off = np.abs(single.values[0] - two_vs_two(R))
    assert (off <= single.errors[0] + undecided(R) + 1e-12).all()


def test_bounds_of_float32_are_narrow_where_nothing_cancels(rng):
    x = gram_matrices(rng.standard_normal((N, 90)), TRAIN)
    y = gram_matrices(rng.standard_normal((N, 300)), TRAIN)
    errors = in_float32(x, y).errors
    assert errors[1].max() < 1e-5
    assert errors[0].max() < 0.05  # two of 45 pairs


def test_a_source_that_says_nothing_about_held_out_rows_ties(rng):
    """Held-out rows are 0 in the only feature that kept rows differ in."""
    values = np.zeros((N, 2))
    values[:, 0] = np.where(np.isin(np.arange(N), TRAIN[INNER.test]), 0, rng.standard_normal(N))
    kernel = values @ values.T
    x, y = Grams(kernel, kernel), gram_matrices(rng.standard_normal((N, 30)), TRAIN)
    for scores in (in_float64(x, y), in_float32(x, y).values):
        np.testing.assert_array_equal(scores, [[0.5] * 9, [0.0] * 9])


def test_kept_rows_of_zeros_predict_nothing(rng):
    source = inner_source(np.zeros((40, 40)), np.zeros((10, 40)), ALPHAS)
    assert source.mixed.shape == (0, 10, 0)
    y = rng.standard_normal((40, 90))
    scores = inner_scores(source, inner_target(y @ y.T, y @ rng.standard_normal((90, 10))))
    np.testing.assert_array_equal(scores.values, [[0.5] * 9, [0.0] * 9])


def test_alphas_share_few_weights(rng):
    x = gram_matrices(rng.standard_normal((N, 7)), TRAIN).kernel
    fitted, held_out = TRAIN[INNER.train], TRAIN[INNER.test]
    many = np.logspace(-4, 4, 40)
    source = inner_source(x[np.ix_(fitted, fitted)], x[np.ix_(held_out, fitted)], many)
    assert len(source.mixed) <= 7, "as many as there are eigenvalues"
    weights = np.einsum("aj,jik->aik", source.mixtures, source.mixed)
    expected = source.ridge.predicted * source.poles.T[:, None, :]
    np.testing.assert_allclose(weights, expected, atol=1e-5 * np.abs(expected).max())


def test_inputs_are_left_as_they_were(rng):
    x = gram_matrices(rng.standard_normal((N, 7)), TRAIN)
    before = x.kernel.copy(), x.patterns.copy()
    in_float32(x, x)
    in_float64(x, x)
    np.testing.assert_array_equal((x.kernel, x.patterns), before)
