import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.errors import AlignmentError

FOLD = Fold(np.arange(8, 40), np.arange(8))
ALPHAS = np.array([1e-4, 0.3, 20.0, np.inf])


def fitted(values):
    return fit_smaller_side(values, FOLD)


@pytest.mark.parametrize(("n_columns", "rank"), [(5, 5), (31, 31), (60, 32)])
def test_the_smaller_side_is_taken_and_both_give_one_hat_matrix(rng, n_columns, rank):
    values = rng.standard_normal((40, n_columns))
    ours = fitted(values)
    assert len(ours.eigenvalues) == rank
    kernel = factorise(gram_matrices(values, FOLD.train).kernel, FOLD.train, FOLD.test)
    np.testing.assert_allclose(ours.hat(ALPHAS), kernel.hat(ALPHAS), atol=1e-10)


@pytest.mark.parametrize("n_columns", [6, 60])
def test_predictions_are_those_of_scikit_learn(rng, n_columns):
    values, Y = rng.standard_normal((40, n_columns)), rng.standard_normal((40, 3))
    Z = z_scored(values, FOLD.train)
    penalty = 0.7 * np.sum(Z[FOLD.train] ** 2) / len(FOLD.train)
    expected = SklearnRidge(penalty, fit_intercept=False).fit(Z[FOLD.train], Y[FOLD.train])
    np.testing.assert_allclose(
        fitted(values).hat(0.7) @ Y[FOLD.train], expected.predict(Z[FOLD.test]), atol=1e-10
    )


def test_one_alpha_gives_one_hat_matrix_and_several_a_stack(rng):
    ours = fitted(rng.standard_normal((40, 6)))
    assert ours.hat(1.0).shape == (8, 32)
    assert ours.hat(ALPHAS).shape == (4, 8, 32)
    np.testing.assert_array_equal(ours.hat(ALPHAS)[1], ours.hat(0.3))


@pytest.mark.parametrize("n_columns", [3, 50])
def test_a_source_that_never_varies_is_refused(n_columns):
    with pytest.raises(AlignmentError, match="expected columns that vary"):
        fitted(np.ones((40, n_columns)))
