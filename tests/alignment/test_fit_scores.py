"""Scores beside 2v2, each against scipy or an independent computation."""

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

from pipeline.alignment import align, best_layers
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.fits import choose_by_voxels, score_fits
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.scores import FIT_SCORES, Fit
from pipeline.alignment.scores.cka import debiased_cka, unbiased_hsic
from pipeline.alignment.scores.rsa import compare_rdms, rdm


def grams_of(x):
    centred = x - x.mean(axis=1, keepdims=True)
    return Grams(x @ x.T, centred @ centred.T)


@pytest.fixture
def chosen_fits(subject, groups, settings):
    features, responses = subject
    scores = best_layers(align(features, responses, groups, settings))
    rows = scores[(scores.direction == "encoding") & (scores.roi == "language")]
    folds = [fold.outer for fold in nested_folds(groups, settings)]
    return rows, folds, score_fits(features, responses["language"], rows, folds)


def test_every_fold_has_every_score_at_its_layer_and_alpha(chosen_fits):
    rows, folds, table = chosen_fits
    assert list(table.columns) == ["fold", "layer", "alpha", *FIT_SCORES]
    assert table.layer.tolist() == rows.layer.tolist()
    assert table.drop(columns="rsa_crossvalidated").notna().all(axis=None)
    assert table.rsa_crossvalidated.isna().all()  # without repeats
    assert len(table) == len(folds)


def test_voxel_r_is_the_median_of_pearson_over_test_stimuli_between_its_quartiles(
    subject, chosen_fits
):
    features, responses = subject
    _, folds, table = chosen_fits
    row, fold = table.iloc[0], folds[0]
    x, y = features[row.layer], responses["language"]
    z = (x - x[fold.train].mean(0)) / x[fold.train].std(0)
    t = (y - y[fold.train].mean(0)) / y[fold.train].std(0)
    kernel = z[fold.train] @ z[fold.train].T
    penalty = row.alpha * np.trace(kernel) / len(kernel)
    weights = np.linalg.solve(kernel + penalty * np.eye(len(kernel)), t[fold.train])
    predicted = z[fold.test] @ z[fold.train].T @ weights
    r = [pearsonr(predicted[:, v], t[fold.test, v])[0] for v in range(y.shape[1])]
    expected = np.percentile(r, [25, 50, 75])
    assert row[["voxel_r_q1", "voxel_r", "voxel_r_q3"]].tolist() == pytest.approx(
        expected, abs=1e-9
    )


@pytest.mark.parametrize(("metric", "name"), [("correlation", "patterns"), ("cosine", "kernel")])
def test_rsa_is_the_rank_correlation_of_scipys_distances(rng, metric, name):
    x, y = rng.standard_normal((12, 7)), rng.standard_normal((12, 20))
    expected = spearmanr(pdist(x, metric), pdist(y, metric)).statistic
    np.testing.assert_allclose(rdm(getattr(grams_of(x), name)), pdist(x, metric), atol=1e-12)
    fit = Fit(np.zeros(1), np.zeros(1), grams_of(x), grams_of(y))
    score = "rsa_pearson" if metric == "correlation" else "rsa_cosine"
    assert FIT_SCORES[score].compute(fit) == pytest.approx(expected, abs=1e-12)


def test_tied_distances_share_their_ranks(rng):
    first = rng.integers(0, 3, 40).astype(float)
    second = rng.integers(0, 3, 40).astype(float)
    expected = spearmanr(first, second).statistic
    assert compare_rdms(first, second) == pytest.approx(expected, abs=1e-12)
    assert compare_rdms(first, np.ones(40)) == 0


def test_unbiased_hsic_is_the_mean_over_all_quadruples_of_stimuli(rng):
    x, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))
    K, L = x @ x.T, y @ y.T
    quadruples = list(permutations(range(6), 4))
    terms = [K[i, j] * (L[i, j] + L[q, r] - 2 * L[i, q]) for i, j, q, r in quadruples]
    assert unbiased_hsic(K, L) == pytest.approx(np.mean(terms), abs=1e-12)


def test_debiased_cka_is_1_for_one_geometry_and_0_on_average_for_none(rng):
    x = rng.standard_normal((20, 50))
    rotation, _ = np.linalg.qr(rng.standard_normal((50, 50)))
    turned = 3 * x @ rotation
    assert debiased_cka(x @ x.T, turned @ turned.T) == pytest.approx(1.0, abs=1e-9)
    signal = [rng.standard_normal((20, 3)) for _ in range(400)]
    other = [rng.standard_normal((20, 3)) for _ in range(400)]
    drawn = [debiased_cka(a @ a.T, b @ b.T) for a, b in zip(signal, other, strict=True)]
    assert abs(np.mean(drawn)) < 3 * np.std(drawn) / np.sqrt(400)


def test_too_few_stimuli_and_flat_kernels_show_nothing():
    assert debiased_cka(np.eye(3), np.eye(3)) == 0
    assert debiased_cka(np.ones((6, 6)), np.eye(6)) == 0


def test_one_voxel_is_chosen_for_and_scored_by_its_own_correlation(subject, groups, settings):
    features, responses = subject
    folds = nested_folds(groups, settings)
    signal = features["h.1"][:, :1] + 0.1 * responses["language"][:, :1]
    chosen = choose_by_voxels(features, signal, folds, draw_alphas(settings))
    assert chosen.layer.tolist() == ["h.1"] * 4
    table = score_fits(features, signal, chosen, [fold.outer for fold in folds])
    assert (table.voxel_r > 0.6).all()
    assert table[["rsa_pearson", "rsa_cosine", "cka"]].isna().all(axis=None)


def test_test_stimuli_take_no_part_in_the_choice_by_voxels(subject, groups, settings, rng):
    features, responses = ({k: v.copy() for k, v in side.items()} for side in subject)
    folds = nested_folds(groups, settings)
    voxel, alphas = responses["language"][:, :1], draw_alphas(settings)
    before = choose_by_voxels(features, voxel, folds, alphas).iloc[0]
    test = folds[0].outer.test
    for x in (*features.values(), voxel):
        x[test] = 50 * rng.standard_normal(x[test].shape)
    after = choose_by_voxels(features, voxel, folds, alphas).iloc[0]
    assert (before.layer, before.alpha) == (after.layer, after.alpha)
    assert before.inner_voxel_r == pytest.approx(after.inner_voxel_r, abs=1e-9)
