"""Voxels pass where their correlation is beyond chance, and few pass where there is none."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm

from pipeline.alignment.voxel_tests import differing_voxels, fisher_z, predicted_voxels

GROUPS = [12, 12, 12, 12, 12]


def noise(n_voxels, seed=0):
    """Give r of folds in which nothing is predicted: Fisher's z has a variance of 1 / (n - 3)."""
    z = np.random.default_rng(seed).standard_normal((len(GROUPS), n_voxels)) / 3
    return np.tanh(z)


def test_among_voxels_without_signal_a_false_discovery_is_rare():
    any_voxel = [predicted_voxels(noise(200, seed), GROUPS).any() for seed in range(400)]
    assert np.mean(any_voxel) < 0.08  # .05, and three standard errors


def test_predicted_voxels_pass_and_others_do_not():
    r = noise(1000)
    r[:, :100] = np.tanh(np.arctanh(r[:, :100]) + 0.9)
    passed = predicted_voxels(r, GROUPS)
    assert passed[:100].mean() > 0.95
    assert passed[100:].sum() <= 15


def test_what_is_predicted_the_wrong_way_round_does_not_pass():
    assert not predicted_voxels(np.full((5, 10), -0.9), GROUPS).any()


def test_folds_count_by_their_groups():
    r = np.array([[0.9, 0.0], [0.0, 0.9]])
    passed = predicted_voxels(r, [50, 4])
    assert passed.tolist() == [True, False]
    z = np.arctanh(0.9) * 47 / np.sqrt(48)
    assert false_discovery_control([norm.sf(z), 0.5])[0] < 0.05


@pytest.mark.parametrize("n_groups", [[3, 2], [1, 1]])
def test_with_hardly_any_groups_nothing_passes(n_groups):
    assert not predicted_voxels(np.full((2, 4), 0.99), n_groups).any()


def test_two_models_that_predict_alike_differ_in_no_more_studies_than_the_rate():
    """The test takes the two correlations for independent, as they are here."""
    n_false = 0
    for seed in range(400):
        (a, weight), (b, _) = (
            fisher_z(noise(100, seed), GROUPS),
            fisher_z(noise(100, 9000 + seed), GROUPS),
        )
        n_false += differing_voxels(a, b, weight).any()
    assert n_false / 400 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_voxels_that_one_model_predicts_better_pass_in_both_signs():
    z, weight = np.zeros(60), 200.0
    other = z.copy()
    other[:10], other[10:20] = 0.8, -0.8
    passed = differing_voxels(z, other, weight)
    assert passed[:20].all()
    assert not passed[20:].any()


def test_without_groups_to_go_by_no_difference_passes():
    z, weight = fisher_z(np.full((2, 4), 0.9), [3, 2])
    assert weight == 0
    assert not differing_voxels(z, z + 5, weight).any()
