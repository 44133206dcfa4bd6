"""Banded ridge, beside himalaya's solver and simulations of known parts."""

import numpy as np
import pytest
from himalaya.kernel_ridge import solve_multiple_kernel_ridge_random_search
from himalaya.scoring import r2_score

from pipeline.alignment.banded import banded_r2, choose_shares, partition_r2
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.scores import PARTITION_SCORES
from pipeline.alignment.scores.fit import Partition

ALPHAS = np.geomspace(0.01, 100, 7)
WEIGHTS = np.array([(0.0, 1.0), (0.2, 0.8), (0.5, 0.5), (0.9, 0.1), (1.0, 0.0)])


def kernel_of(x, train):
    z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    kernel = z @ z.T
    return kernel / np.diagonal(kernel)[train].mean()


@pytest.fixture
def world(rng, groups, settings):
    """Two bands; voxels that follow the first, the second, and both."""
    folds = nested_folds(groups, settings)
    bands = rng.standard_normal((48, 6)), rng.standard_normal((48, 15))
    first, second = (x @ rng.standard_normal((x.shape[1], 8)) for x in bands)
    signal = np.hstack([first[:, :3], second[:, :3], first[:, 3:] + second[:, 3:]])
    y = signal + 1.5 * rng.standard_normal(signal.shape)
    return folds, bands, y


def prepared(world):
    folds, bands, y = world
    train = folds[0].outer.train
    kernels = np.stack([kernel_of(x, train) for x in bands])
    return folds[0], kernels, (y - y[train].mean(axis=0)) / y[train].std(axis=0)


def test_shares_alphas_and_scores_are_those_that_himalaya_chooses(world):
    fold, kernels, y = prepared(world)
    train = fold.outer.train
    inside = kernels[:, train[:, None], train]
    choice = choose_shares(inside, y[train], fold.inner, ALPHAS, WEIGHTS)
    deltas, weights, _ = solve_multiple_kernel_ridge_random_search(
        inside,
        y[train],
        n_iter=WEIGHTS,
        alphas=ALPHAS,
        score_func=r2_score,
        cv=[(one.train, one.test) for one in fold.inner],
        local_alpha=True,
        jitter_alphas=False,
        return_weights="dual",
        progress_bar=False,
    )
    with np.errstate(divide="ignore"):
        own = np.log(WEIGHTS[choice.shares].T / ALPHAS[choice.alphas])
    np.testing.assert_allclose(np.exp(deltas), np.exp(own), rtol=1e-6, atol=1e-12)
    outside = kernels[:, fold.outer.test[:, None], train]
    predicted = np.einsum("bij,bv,jv->iv", outside, np.exp(deltas), weights)
    expected = r2_score(y[fold.outer.test], predicted)
    r2 = banded_r2(kernels, y, fold, ALPHAS, WEIGHTS)
    np.testing.assert_allclose(r2, expected, atol=1e-6)


def test_parts_go_to_the_band_that_a_voxel_follows(world):
    folds, bands, y = world
    parts = []
    for fold in folds:
        train = fold.outer.train
        z = (y - y[train].mean(axis=0)) / y[train].std(axis=0)
        parts.append(partition_r2(*(kernel_of(x, train) for x in bands), z, fold, ALPHAS))
    model, nuisance, both = (
        np.mean([getattr(one, name) for one in parts], axis=0)
        for name in ("model", "nuisance", "both")
    )
    unique = both - nuisance
    assert unique[:3].mean() > 0.2
    assert abs(unique[3:6].mean()) < 0.1
    assert (both - model)[3:6].mean() > 0.1
    assert both[6:].mean() > max(model[6:].mean(), nuisance[6:].mean())


def test_a_band_of_noise_takes_little_from_the_other(world, rng):
    folds, (first, _), y = world
    lost = []
    for fold in folds:
        train = fold.outer.train
        kernels = (kernel_of(x, train) for x in (first, rng.standard_normal((48, 40))))
        z = (y - y[train].mean(axis=0)) / y[train].std(axis=0)
        parts = partition_r2(*kernels, z[:, :3], fold, ALPHAS)
        lost.append(np.median(parts.model - parts.both))
    assert np.mean(lost) < 0.05


def test_the_parts_of_the_registry_add_up_to_the_whole():
    parts = Partition(np.array([0.3]), np.array([0.2]), np.array([0.4]))
    score = {name: one.compute(parts) for name, one in PARTITION_SCORES.items()}
    assert score["unique_model_r2"] == pytest.approx(0.2)
    assert score["shared_r2"] == pytest.approx(0.1)
    names = ("unique_model_r2", "unique_nuisance_r2", "shared_r2")
    assert sum(score[name] for name in names) == pytest.approx(score["both_r2"])
