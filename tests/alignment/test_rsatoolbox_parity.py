"""Distances, RSA and its bounds are those that rsatoolbox computes, to the last digits."""

import warnings

import numpy as np
import pytest

from pipeline.alignment.ceilings.across_subjects import rsa_bounds, rsa_ceilings
from pipeline.alignment.drift import drift, geometries
from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.scores import FIT_SCORES, Fit
from pipeline.alignment.scores.crossvalidated import crossvalidated_products, distances_of
from pipeline.alignment.scores.rsa import rdm

with warnings.catch_warnings():  # its own, of newer versions of what it imports
    warnings.simplefilter("ignore")
    from rsatoolbox.data import Dataset
    from rsatoolbox.inference import boot_noise_ceiling
    from rsatoolbox.rdm import RDMs, calc_rdm, compare


def grams_of(x):
    centred = x - x.mean(axis=1, keepdims=True)
    return Grams(x @ x.T, centred @ centred.T)


def rdm_of(x, **settings):
    return calc_rdm(Dataset(x), **{"method": "correlation", **settings})


def spearman(first, second):
    ((value,),) = compare(first, second, method="spearman")
    return value


@pytest.mark.parametrize("n_columns", [3, 40])
def test_a_matrix_of_dissimilarities_is_that_of_rsatoolbox(rng, n_columns):
    x = rng.standard_normal((14, n_columns))
    (expected,) = rdm_of(x).dissimilarities
    np.testing.assert_allclose(rdm(grams_of(x).patterns), expected, atol=1e-12)


def test_cross_validated_distances_are_those_of_crossnobis_times_the_voxels(rng):
    showings = rng.standard_normal((3, 8, 11))
    dataset = Dataset(
        showings.reshape(-1, 11),
        obs_descriptors={"run": np.repeat(range(3), 8), "stimulus": np.tile(range(8), 3)},
    )
    (expected,) = calc_rdm(
        dataset, method="crossnobis", descriptor="stimulus", cv_descriptor="run"
    ).dissimilarities
    own = distances_of(crossvalidated_products(showings))
    np.testing.assert_allclose(own, 11 * expected, atol=1e-10)


def test_the_score_is_that_of_rsatoolbox(rng):
    shared = rng.standard_normal((15, 4))
    x = shared @ rng.standard_normal((4, 9)) + 0.3 * rng.standard_normal((15, 9))
    y = shared @ rng.standard_normal((4, 30)) + rng.standard_normal((15, 30))
    fit = Fit(np.zeros(1), np.zeros(1), grams_of(x), grams_of(y))
    expected = spearman(rdm_of(x), rdm_of(y))
    assert 0.2 < expected < 0.95
    assert FIT_SCORES["rsa_pearson"].compute(fit) == pytest.approx(expected, abs=1e-12)


def test_how_far_a_model_moved_is_what_rsatoolbox_says_of_its_layers(rng):
    before = {"layer_00": rng.standard_normal((20, 6)), "layer_01": rng.standard_normal((20, 6))}
    after = {name: x + 0.5 * rng.standard_normal(x.shape) for name, x in before.items()}
    table = drift(geometries(before), geometries(after)).set_index("layer")
    for name, x in before.items():
        expected = spearman(rdm_of(x), rdm_of(after[name]))
        assert table.rsa[name] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n_subjects", [2, 3, 9])
def test_bounds_are_the_noise_ceiling_of_rsatoolbox(rng, n_subjects):
    rdms = rng.standard_normal((n_subjects, 45)) + rng.standard_normal(45)
    expected = boot_noise_ceiling(RDMs(rdms), method="spearman")
    assert rsa_bounds(rdms) == pytest.approx(expected, abs=1e-12)


def test_bounds_of_a_roi_are_its_noise_ceiling_over_the_test_stimuli_of_folds(rng):
    signal = rng.standard_normal((24, 6))
    subjects = [
        {"V1": signal @ rng.standard_normal((6, 30)) + rng.standard_normal((24, 30))}
        for _ in range(4)
    ]
    folds = [Fold(np.arange(12, 24), np.arange(12)), Fold(np.arange(12), np.arange(12, 24))]
    expected = []
    for fold in folds:
        patterns = [
            (s["V1"] - s["V1"][fold.train].mean(0)) / s["V1"][fold.train].std(0) for s in subjects
        ]
        rdms = RDMs(np.concatenate([rdm_of(z[fold.test]).dissimilarities for z in patterns]))
        expected.append(boot_noise_ceiling(rdms, method="spearman"))
    (row,) = rsa_ceilings(subjects, folds).itertuples()
    assert (row.low, row.high) == pytest.approx(np.mean(expected, axis=0), abs=1e-12)
