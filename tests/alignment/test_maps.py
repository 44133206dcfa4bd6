import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from pipeline.alignment import align, columns
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.maps import map_voxels
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.width import projected_array


@pytest.fixture
def folds(groups, settings):
    return [fold.outer for fold in nested_folds(groups, settings)]


ALPHAS = [0.01, 0.1, 1.0, 100.0]


def voxel_maps(X, Y, folds, alphas):
    hats = [fit_smaller_side(X, f).hat(alpha) for f, alpha in zip(folds, alphas, strict=True)]
    return map_voxels(hats, Y, folds)


def explicit(X, Y, fold, alpha):
    """Held-out predictions in the responses' own units, refitted by scikit-learn."""
    Z = StandardScaler().fit(X[fold.train]).transform(X)
    scale = np.mean(np.linalg.eigvalsh(Z[fold.train] @ Z[fold.train].T))
    ridge = Ridge(alpha * scale).fit(Z[fold.train], Y[fold.train])
    return ridge.predict(Z[fold.test]), Y[fold.test]


@pytest.mark.parametrize("layer", ["h.0", "h.1"])
@pytest.mark.parametrize("block", [None, 7])
def test_r_and_r2_are_those_of_explicit_predictions(subject, folds, layer, block, monkeypatch):
    if block:
        monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 48 * block)
    X, Y = subject[0][layer], 30 + 9 * subject[1]["vision"]
    ours = voxel_maps(X, Y, folds, ALPHAS)
    assert ours.r.shape == ours.r2.shape == (4, 90)
    for number, (fold, alpha) in enumerate(zip(folds, ALPHAS, strict=True)):
        predicted, true = explicit(X, Y, fold, alpha)
        r = [pearsonr(predicted[:, voxel], true[:, voxel])[0] for voxel in range(90)]
        np.testing.assert_allclose(ours.r[number], r, atol=1e-10)
        expected = r2_score(true, predicted, multioutput="raw_values")
        np.testing.assert_allclose(ours.r2[number], expected, atol=1e-10)
    np.testing.assert_array_equal(ours.mean_r, ours.r.mean(axis=0))
    np.testing.assert_array_equal(ours.mean_r2, ours.r2.mean(axis=0))


def test_alphas_come_from_the_scores(subject, groups, folds, settings):
    features, responses = subject
    scores = align(features, responses, groups, settings)
    cell = scores.query("direction == 'encoding' and roi == 'vision' and layer == 'h.1'")
    ours = voxel_maps(features["h.1"], responses["vision"], folds, cell.alpha)
    assert ours.mean_r.mean() > 0.2


def test_voxels_mapped_from_a_file_give_the_same_maps(subject, folds, tmp_path):
    Y = subject[1]["vision"].astype(np.float32)
    np.save(tmp_path / "voxels.npy", Y)
    mapped = np.load(tmp_path / "voxels.npy", mmap_mode="r")
    one, other = (voxel_maps(subject[0]["h.0"], values, folds, ALPHAS) for values in (Y, mapped))
    np.testing.assert_array_equal(one.r, other.r)
    np.testing.assert_array_equal(one.r2, other.r2)


def test_only_a_block_of_voxels_is_ever_converted(subject, folds, monkeypatch):
    seen = []

    def watched(block, train):
        seen.append(block.shape[1])
        return z_scored(block, train)

    monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 48 * 8)
    monkeypatch.setattr("pipeline.alignment.maps.z_scored", watched)
    voxel_maps(subject[0]["h.0"], subject[1]["vision"], folds, ALPHAS)
    assert max(seen) == 8
    assert sum(seen) == 90 * len(folds)


def test_a_voxel_without_variation_scores_0_and_never_nan(subject, folds):
    Y = subject[1]["vision"].copy()
    first = folds[0]
    Y[:, 0] = 0.1
    Y[first.train, 1] = 0.1
    Y[first.test, 2] = 7.3
    ours = voxel_maps(subject[0]["h.0"], Y, folds, ALPHAS)
    assert np.isfinite(ours.r).all()
    assert np.isfinite(ours.r2).all()
    for scores in (ours.r, ours.r2):
        assert (scores[:, 0] == 0).all()
        assert (scores[0, :3] == 0).all()
        assert (scores[1:, 1] == 0).all()  # the test stimuli of the others are all constant
        assert (scores[1:, 2:] != 0).all()


def test_a_model_that_predicts_nothing_has_r_0_and_no_positive_r2(subject, folds):
    ours = voxel_maps(subject[0]["h.0"], subject[1]["vision"], folds, [np.inf] * 4)
    assert (ours.r == 0).all()
    assert (ours.r2 <= 0).all()


def test_a_voxel_that_is_a_feature_is_predicted_and_its_negative_too(subject, folds):
    X = subject[0]["h.0"]
    ours = voxel_maps(X, np.column_stack([X[:, 3], -X[:, 3]]), folds, [1e-9] * 4)
    np.testing.assert_allclose(ours.r, 1, atol=1e-6)
    np.testing.assert_allclose(ours.r2, 1, atol=1e-6)


def test_useless_predictions_are_not_negatively_correlated_as_pooled_ones_are(rng, folds):
    X, Y = rng.standard_normal((48, 10)), rng.standard_normal((48, 2000))
    ours = voxel_maps(X, Y, folds, [1e3] * 4)
    pooled_prediction, pooled_truth = (
        np.concatenate(side)
        for side in zip(*(explicit(X, Y, fold, 1e3) for fold in folds), strict=True)
    )
    pooled = [pearsonr(pooled_prediction[:, v], pooled_truth[:, v])[0] for v in range(2000)]
    assert np.mean(pooled) < -0.2
    assert np.abs(ours.mean_r.mean()) < 0.05


def test_features_of_one_width_are_mapped_by_their_own_hat_matrices(subject, folds):
    X, Y = subject[0]["h.0"], subject[1]["vision"]
    hats = []
    for fold, alpha in zip(folds, ALPHAS, strict=True):
        kernel = projected_array(X, fold.train, 20, "pearson").grams().kernel  # all there are
        hats.append(factorise(kernel, fold.train, fold.test).hat(alpha))
    np.testing.assert_allclose(
        map_voxels(hats, Y, folds).r, voxel_maps(X, Y, folds, ALPHAS).r, atol=1e-8
    )
