import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from pipeline.alignment import columns
from pipeline.alignment.constant import constant_problems
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.primal.arrays import FoldArray

TRAIN = np.arange(5, 20)


def explicit(values, similarity="pearson"):
    z = StandardScaler().fit(values[TRAIN]).transform(values)
    compared = z - z.mean(axis=1, keepdims=True) if similarity == "pearson" else z
    return z @ z.T, compared @ compared.T


@pytest.fixture
def values(rng):
    return rng.standard_normal((20, 57)) * rng.uniform(0.1, 9, 57) + rng.uniform(-5, 5, 57)


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
@pytest.mark.parametrize("n_blocks", [1, 6, 57])
def test_both_gram_matrices_equal_the_explicit_ones(values, similarity, n_blocks, monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * 20 * (57 // n_blocks))
    grams = gram_matrices(values, TRAIN, similarity)
    kernel, patterns = explicit(values, similarity)
    np.testing.assert_allclose(grams.kernel, kernel, atol=1e-11)
    np.testing.assert_allclose(grams.patterns, patterns, atol=1e-11)


def test_centring_keeps_its_digits_under_a_signal_that_all_columns_share(rng):
    """A million times the pattern, as a global signal can be: Z Zᵀ - d m mᵀ would lose all."""
    values = rng.standard_normal((20, 2000)) + 1e6 * rng.standard_normal((20, 1))
    patterns = gram_matrices(values, TRAIN).patterns
    z = StandardScaler().fit(values[TRAIN]).transform(values).astype(np.longdouble)
    z -= z.mean(axis=1, keepdims=True)
    true = (z @ z.T).astype(float)
    assert np.abs(patterns - true).max() < 1e-6 * np.diagonal(true).max()


def test_z_scores_come_from_the_training_rows_only(values, rng):
    changed = values.copy()
    changed[:5] += 100 * rng.standard_normal((5, 57))
    trained = np.ix_(TRAIN, TRAIN)
    before, after = gram_matrices(values, TRAIN), gram_matrices(changed, TRAIN)
    np.testing.assert_array_equal(before.kernel[trained], after.kernel[trained])
    np.testing.assert_allclose(before.patterns[trained], after.patterns[trained], rtol=1e-12)


def test_a_column_that_is_constant_over_the_training_rows_carries_nothing(values, rng):
    constant = np.full((20, 3), 0.1)
    constant[:5, 1] = rng.standard_normal(5)
    np.testing.assert_allclose(
        gram_matrices(np.hstack([values, constant]), TRAIN, "cosine").kernel,
        gram_matrices(values, TRAIN, "cosine").kernel,
        atol=1e-12,
    )


def test_float32_and_float64_agree(values):
    half = values.astype(np.float32)
    np.testing.assert_array_equal(
        gram_matrices(half, TRAIN).patterns, gram_matrices(half.astype(float), TRAIN).patterns
    )
    np.testing.assert_allclose(
        gram_matrices(half, TRAIN).patterns, gram_matrices(values, TRAIN).patterns, atol=1e-4
    )


def test_gram_matrices_of_80000_voxels_in_float32_agree_with_float64_to_1e_5(rng):
    voxels = rng.standard_normal((20, 80_000)) * rng.uniform(1, 50, 80_000) + 1000
    made, exact = gram_matrices(voxels.astype(np.float32), TRAIN), explicit(voxels)
    for matrix, expected in zip((made.kernel, made.patterns), exact, strict=True):
        assert np.abs(matrix - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_input_is_left_as_it_was(values):
    before = values.copy()
    gram_matrices(values, TRAIN)
    np.testing.assert_array_equal(values, before)


def problems(values, train, similarity="pearson", *, compared=True):
    """What is wrong with one ROI, said by either side."""
    sides = gram_matrices(values, train, similarity), FoldArray(z_scored(values, train), similarity)
    messages = [
        [str(p) for p in constant_problems({"vision": side}, train, "ROI", compared=compared)]
        for side in sides
    ]
    assert messages[0] == messages[1]
    return messages[0]


def test_a_constant_pattern_is_a_problem_that_names_its_rows(values):
    values[[3, 11]] = values[TRAIN].mean(axis=0)
    values[11] = 0.0
    others = np.setdiff1d(TRAIN, [11])
    values[3] = values[others].mean(axis=0) + 2 * values[others].std(axis=0)
    (problem,) = problems(values, others)
    assert "ROI vision" in problem
    assert "rows 3." in problem


def test_one_voxel_has_no_pattern_but_has_a_cosine_and_can_be_predicted_from(values):
    one = values[:, :1]
    (problem,) = problems(one, TRAIN)
    assert "rows 0, 1, 2, 3, 4 and 15 more" in problem
    assert not problems(one, TRAIN, "cosine")
    assert not problems(one, TRAIN, compared=False)


def test_columns_that_never_vary_in_training_are_a_problem(values):
    assert not problems(values, TRAIN)
    values[TRAIN] = 1.5
    (problem,) = problems(values, TRAIN)
    assert "only constant columns" in problem
