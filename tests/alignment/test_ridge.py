import numpy as np
import pytest
from block_identity import held_out_hat, resolvents
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge as ExplicitRidge

from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.two_vs_two import two_vs_two
from pipeline.errors import AlignmentError

TRAIN, TEST = np.arange(6, 30), np.arange(6)
ALPHAS = np.array([1e-4, 0.03, 1.0, 1e4])


def z_scored(values):
    return (values - values[TRAIN].mean(axis=0)) / values[TRAIN].std(axis=0)


@pytest.fixture(name="X", params=[10, 200], ids=["fewer features than stimuli", "more"])
def features(request, rng):
    return z_scored(rng.standard_normal((30, request.param)))


@pytest.fixture(name="Y")
def targets(rng):
    return z_scored(rng.standard_normal((30, 8)))


def test_predictions_equal_ridge_on_the_features_themselves(X, Y):
    ridge = factorise(X @ X.T, TRAIN, TEST)
    assert ridge.scale == pytest.approx(X.shape[1])
    for alpha, hat in zip(ALPHAS, ridge.hat(ALPHAS), strict=True):
        explicit = ExplicitRidge(alpha * ridge.scale, fit_intercept=False).fit(X[TRAIN], Y[TRAIN])
        np.testing.assert_allclose(hat @ Y[TRAIN], explicit.predict(X[TEST]), atol=1e-6)


def test_an_intercept_would_change_nothing(X, Y):
    ridge = factorise(X @ X.T, TRAIN, TEST)
    explicit = ExplicitRidge(ridge.scale).fit(X[TRAIN], Y[TRAIN])
    np.testing.assert_allclose(ridge.hat(1.0) @ Y[TRAIN], explicit.predict(X[TEST]), atol=1e-9)


def test_held_out_predictions_equal_refits_without_the_block(X, Y):
    ridge = factorise(X @ X.T, TRAIN, TEST)
    held_out = np.array([2, 3, 9, 17, 20])
    kept_rows = np.setdiff1d(np.arange(len(TRAIN)), held_out)
    hats = held_out_hat(resolvents(ridge, ALPHAS), kept_rows, held_out)
    assert hats.shape == (len(ALPHAS), len(held_out), len(kept_rows))
    for alpha, hat in zip(ALPHAS, hats, strict=True):
        refit = KernelRidge(alpha=alpha * ridge.scale, kernel="linear")
        refit.fit(X[TRAIN][kept_rows], Y[TRAIN][kept_rows])
        expected = refit.predict(X[TRAIN][held_out])
        np.testing.assert_allclose(hat @ Y[TRAIN][kept_rows], expected, atol=1e-6)


def test_an_infinite_alpha_predicts_nothing_and_ties(X, Y):
    hat = factorise(X @ X.T, TRAIN, TEST).hat(np.inf)
    np.testing.assert_array_equal(hat, 0)
    assert two_vs_two(correlations(hat, gram_matrices(Y, TRAIN).patterns, TRAIN, TEST)) == 0.5


def test_a_large_alpha_keeps_the_direction_of_predictions(X, Y):
    hats = factorise(X @ X.T, TRAIN, TEST).hat([1e7, 1e9])
    R = correlations(hats, gram_matrices(Y, TRAIN).patterns, TRAIN, TEST)
    np.testing.assert_allclose(R[0], R[1], atol=1e-5)


def test_duplicated_features_need_no_special_case(X, Y):
    once, twice = (factorise(x @ x.T, TRAIN, TEST) for x in (X, np.hstack([X, X])))
    np.testing.assert_allclose(once.hat(ALPHAS), twice.hat(ALPHAS), atol=1e-7)


def test_the_unit_of_a_kernel_changes_nothing(X):
    plain, small = (factorise(unit * X @ X.T, TRAIN, TEST) for unit in (1.0, 1e-6))
    assert small.scale < 1
    np.testing.assert_allclose(small.hat(ALPHAS), plain.hat(ALPHAS), atol=1e-7)


def test_no_eigenvalue_is_negative_though_rounding_makes_some(rng):
    few = z_scored(rng.standard_normal((30, 10)))  # so that most eigenvalues are 0
    kernel = few @ few.T
    assert np.linalg.eigvalsh(kernel[np.ix_(TRAIN, TRAIN)]).min() < 0
    assert factorise(kernel, TRAIN, TEST).eigenvalues.min() == 0


def test_a_kernel_of_what_is_no_number_is_refused():
    with pytest.raises(AlignmentError, match=r"training kernel"):
        factorise(np.full((30, 30), np.nan), TRAIN, TEST)


def test_a_kernel_of_zeros_is_refused():
    with pytest.raises(AlignmentError, match=r"training kernel.*only constant columns"):
        factorise(np.zeros((30, 30)), TRAIN, TEST)
