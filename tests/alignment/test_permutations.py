import numpy as np
import pytest
from scipy.stats import kstest
from settings_with import replace
from sklearn.linear_model import Ridge

from pipeline.alignment.dataset.subject_rois import SubjectRois, permute_rois
from pipeline.alignment.folds import make_folds, nested_folds
from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.permutations.joint import cell_p_values
from pipeline.alignment.permutations.null_scores import exchanged_scores, pattern_coordinates
from pipeline.alignment.permutations.null_vectors import NullVector
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.two_vs_two import two_vs_two
from pipeline.errors import AlignmentError

ALPHAS = [0.01, 0.3, 1.0, 30.0]


@pytest.fixture
def folds(groups, settings):
    return [fold.outer for fold in nested_folds(groups, settings)]


@pytest.fixture
def permutations(groups):
    return draw_permutations(groups, 99, seed=8)


def hats_of(values, folds, alphas=ALPHAS):
    fits = [fit_smaller_side(values, fold) for fold in folds]
    return [fit.hat(alpha) for fit, alpha in zip(fits, alphas, strict=True)]


def permuted(X, Y, folds, permutations, alphas=ALPHAS):
    """Score at fixed alphas, the stimuli as they were and exchanged."""
    coordinates, hats = pattern_coordinates(Y, "pearson"), hats_of(X, folds, alphas)
    orders = np.concatenate([np.arange(len(Y))[None], permutations])
    scores = exchanged_scores(hats, coordinates, folds, orders)
    return NullVector(float(scores[0]), scores[1:])


def refitted(X, Y, fold, alpha, similarity):
    """2v2 of explicit predictions by scikit-learn, from columns of equal scale."""
    Z = z_scored(X, fold.train)
    penalty = alpha * np.sum(Z[fold.train] ** 2) / len(fold.train)
    centred = Y - Y[fold.train].mean(axis=0)
    ridge = Ridge(penalty, fit_intercept=False).fit(Z[fold.train], centred[fold.train])
    predicted, true = ridge.predict(Z[fold.test]), centred[fold.test]
    if similarity == "pearson":
        predicted, true = (side - side.mean(axis=1, keepdims=True) for side in (predicted, true))
    R = predicted @ true.T
    R /= np.linalg.norm(predicted, axis=1)[:, None] * np.linalg.norm(true, axis=1)
    return two_vs_two(R)


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
@pytest.mark.parametrize("layer", ["h.0", "h.1"])
@pytest.mark.parametrize("roi", ["language", "vision"])
def test_every_permutation_is_a_refit(subject, folds, permutations, layer, roi, similarity):
    X, Y = subject[0][layer], 7 + 3 * subject[1][roi]
    coordinates = pattern_coordinates(Y, similarity)
    scores = exchanged_scores(hats_of(X, folds), coordinates, folds, permutations[:6])
    scaled = (Y - Y.mean(axis=0)) / Y.std(axis=0)
    for score, order in zip(scores, permutations[:6], strict=True):
        explicit = [
            refitted(X, scaled[order], fold, alpha, similarity)
            for fold, alpha in zip(folds, ALPHAS, strict=True)
        ]
        assert score == pytest.approx(np.mean(explicit), abs=1e-12)


@pytest.mark.parametrize("columns", [12, 90])
@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_coordinates_keep_all_inner_products(subject, columns, similarity):
    Y = subject[1]["vision"][:, :columns]
    coordinates = pattern_coordinates(Y, similarity)
    assert coordinates.shape == (48, min(48, columns))
    expected = gram_matrices(Y, np.arange(48), similarity).patterns
    np.testing.assert_allclose(coordinates @ coordinates.T, expected, atol=1e-10)


def test_the_order_as_it_was_is_the_observed_statistic_exactly(subject, folds):
    X, Y = subject[0]["h.1"], subject[1]["vision"]
    orders = np.array([np.arange(48)] * 3)
    test = permuted(X, Y, folds, orders)
    assert (test.null == test.observed).all()
    assert test.p == 1.0


def test_where_scales_agree_the_observed_statistic_is_the_engines_score(rng, folds):
    """Columns of +1 and -1, as many of each in every training fold: one scale for all."""
    halves = np.concatenate([rng.permuted(np.repeat([-1.0, 1.0], 2)) for _ in range(12 * 40)])
    Y = halves.reshape(40, 48).T  # stimulus groups are four rows: two of each sign
    X = rng.standard_normal((48, 9)) + Y[:, :9]
    expected = [
        two_vs_two(correlations(hat, gram_matrices(Y, f.train).patterns, f.train, f.test))
        for hat, f in zip(hats_of(X, folds), folds, strict=True)
    ]
    observed = permuted(X, Y, folds, np.arange(48)[None]).observed
    assert observed == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_strong_effect_has_the_smallest_p_and_noise_has_not(subject, folds, permutations, rng):
    X, Y = subject[0]["h.1"], subject[1]["vision"]
    assert permuted(X, Y, folds, permutations).p == 1 / 100
    assert permuted(X, rng.standard_normal((48, 30)), folds, permutations).p > 0.05


def test_unrelated_data_have_uniform_p_values_whatever_groups_share():
    groups = np.arange(24) // 2
    folds = make_folds(groups, 4, "grouped", seed=0)
    permutations = draw_permutations(groups, 199, seed=0)

    def drawn(seed, n_columns):
        rng = np.random.default_rng(seed)
        shared = rng.standard_normal((12, n_columns))[groups]
        return 2 * shared + rng.standard_normal((24, n_columns))

    p = [
        permuted(drawn(seed, 6), drawn(seed + 1000, 8), folds, permutations, [1.0] * 4).p
        for seed in range(300)
    ]
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.array(p) <= 0.05) < 0.09


def test_single_stimuli_exchanged_within_shared_groups_would_find_what_is_not_there():
    """Why groups stay whole: what they share passes from training to test rows in every fold."""
    groups = np.repeat(np.arange(8), 6)
    folds = make_folds(groups, 4, "shuffled", seed=0)
    rng = np.random.default_rng(0)
    X, Y = (
        rng.standard_normal((8, 20))[groups] + 0.3 * rng.standard_normal((48, 20)) for _ in "XY"
    )
    singles, whole = (
        permuted(X, Y, folds, draw_permutations(exchanged, 199, 0)).p
        for exchanged in (np.arange(48), groups)
    )
    assert singles == 1 / 200
    assert whole > 0.05


def test_groups_are_exchanged_whole_where_folds_split_them_too(settings):
    """Shuffled folds score far above chance without any link, and the test has to say so."""
    groups = np.repeat([f"g{n:02d}" for n in range(12)], 4)
    shuffled = replace(settings, split="shuffled")
    rng = np.random.default_rng(2)
    X, Y = (rng.standard_normal((12, 9)).repeat(4, 0) + rng.standard_normal((48, 9)) for _ in "XY")
    some = SubjectRois(Y, {"V1": np.arange(9)}, np.arange(48), groups)
    nulls = permute_rois(some, {"h": X}, shuffled, 99)
    tested = cell_p_values(nulls.assign(subject="s"))
    assert (tested.observed > 0.6).all()
    assert (tested.p > 0.05).all()
    assert (tested.null_mean > 0.6).all()


def test_batches_change_nothing(subject, folds, permutations, monkeypatch):
    X, Y = subject[0]["h.0"], subject[1]["vision"]
    whole = permuted(X, Y, folds, permutations).null
    monkeypatch.setattr("pipeline.alignment.permutations.null_scores.BATCH_BYTES", 48 * 48 * 8 * 7)
    np.testing.assert_array_equal(permuted(X, Y, folds, permutations).null, whole)


@pytest.mark.parametrize("columns", [20, 90])
def test_a_constant_pattern_is_refused(subject, columns):
    Y = subject[1]["vision"][:, :columns]
    others = np.delete(Y, 3, axis=0)
    Y[3] = others.mean(axis=0) + 2 * others.std(axis=0)  # 2 in every column once z-scored, or so
    with pytest.raises(AlignmentError, match=r"ROI A: .*a constant pattern in stimulus rows 3\."):
        pattern_coordinates(Y, "pearson", "ROI A")


def test_one_voxel_has_no_patterns_to_exchange(subject):
    with pytest.raises(AlignmentError, match=r"ROI A: .*stimulus rows 0, 1, 2, 3, 4 and 43 more"):
        pattern_coordinates(subject[1]["vision"][:, :1], "pearson", "ROI A")
