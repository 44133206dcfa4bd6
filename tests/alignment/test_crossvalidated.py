"""Cross-validated distances are those of their definition, and noise does not lengthen them."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from pipeline.alignment import align, best_layers
from pipeline.alignment.fits import score_fits
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.scores.crossvalidated import Repeats, crossvalidated_products, distances_of


def by_definition(showings):
    """Average the product of differences over all pairs of different showings, pair by pair."""
    pairs = list(combinations(range(len(showings)), 2))
    return np.array(
        [
            np.mean([(showings[m, i] - showings[m, j]) @ (showings[n, i] - showings[n, j])
                     for m, n in pairs])
            for i, j in combinations(range(showings.shape[1]), 2)
        ]
    )  # fmt: skip


@pytest.mark.parametrize("n_repeats", [2, 5])
def test_distances_are_those_of_their_definition(rng, n_repeats):
    showings = rng.standard_normal((n_repeats, 6, 9))
    distances = distances_of(crossvalidated_products(showings))
    np.testing.assert_allclose(distances, by_definition(showings), atol=1e-10)


def test_showings_without_noise_are_at_their_euclidean_distance(rng):
    pattern = rng.standard_normal((7, 9))
    distances = distances_of(crossvalidated_products(np.stack([pattern] * 3)))
    np.testing.assert_allclose(distances, pdist(pattern, "sqeuclidean"), atol=1e-10)


def test_noise_does_not_lengthen_them_as_it_does_distances_of_means(rng):
    """Simulation: the mean over many studies is the true distance, and 0 of equal patterns."""
    pattern = np.repeat(rng.standard_normal((1, 8)), 4, axis=0)
    pattern[3] += 2.0
    drawn = pattern + rng.standard_normal((3000, 3, 4, 8))
    mean = np.mean([distances_of(crossvalidated_products(one)) for one in drawn], axis=0)
    np.testing.assert_allclose(mean, pdist(pattern, "sqeuclidean"), atol=0.6)
    biased = np.mean([pdist(one.mean(axis=0), "sqeuclidean") for one in drawn[:300]], axis=0)
    assert biased[0] > 4  # of two patterns that are the same: 2 x 8 / 3


def test_a_fit_compares_the_test_stimuli_that_were_repeated(subject, groups, settings, rng):
    features, responses = subject
    voxels = responses["language"]
    rows = np.sort(rng.choice(len(voxels), size=len(voxels) - 6, replace=False))
    showings = voxels[rows] + 0.5 * rng.standard_normal((2, len(rows), voxels.shape[1]))
    scores = best_layers(align(features, responses, groups, settings))
    chosen = scores[(scores.direction == "encoding") & (scores.roi == "language")]
    folds = [fold.outer for fold in nested_folds(groups, settings)]
    table = score_fits(features, voxels, chosen, folds, repeats=Repeats(showings, rows))
    row, fold = table.iloc[1], folds[1]
    tested = np.isin(rows, fold.test)
    x = features[row.layer]
    z = (x - x[fold.train].mean(0)) / x[fold.train].std(0)
    scaled = showings[:, tested] / voxels[fold.train].std(axis=0)
    expected = spearmanr(pdist(z[rows[tested]], "correlation"), by_definition(scaled)).statistic
    assert row.rsa_crossvalidated == pytest.approx(expected, abs=1e-9)


def test_two_repeated_stimuli_have_no_geometry(subject, groups, settings):
    features, responses = subject
    voxels = responses["language"]
    scores = best_layers(align(features, responses, groups, settings))
    chosen = scores[(scores.direction == "encoding") & (scores.roi == "language")]
    folds = [fold.outer for fold in nested_folds(groups, settings)]
    few = Repeats(np.stack([voxels[:2]] * 2), np.arange(2))
    assert score_fits(features, voxels, chosen, folds, repeats=few).rsa_crossvalidated.isna().all()
