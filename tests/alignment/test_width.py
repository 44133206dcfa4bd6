import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.width import projected_array
from pipeline.errors import AlignmentError

TRAIN = np.arange(12, 48)


@pytest.fixture(params=["h.0", "h.1"])
def values(request, subject):
    """Fewer features than training rows, and more."""
    return 3 + 5 * subject[0][request.param]


def project(values, train, width):
    return projected_array(values, train, width, "pearson").z


def explicit(values, width):
    z = StandardScaler().fit(values[TRAIN]).transform(values)
    pca = PCA(width, svd_solver="full").fit(z[TRAIN])
    return pca.transform(z), pca


@pytest.mark.parametrize("width", [1, 6, 20])
def test_components_are_those_of_scikit_learn_signs_included(values, width):
    np.testing.assert_allclose(
        project(values, TRAIN, width), explicit(values, width)[0], atol=1e-10
    )


def test_test_rows_change_neither_components_nor_training_rows(values, rng):
    changed = values.copy()
    changed[:12] = 100 * rng.standard_normal((12, values.shape[1]))
    before, after = (project(v, TRAIN, 6) for v in (values, changed))
    np.testing.assert_array_equal(before[TRAIN], after[TRAIN])
    assert not np.allclose(before[:12], after[:12])
    one = changed.copy()
    one[1:12] = values[1:12]
    np.testing.assert_allclose(project(one, TRAIN, 6)[0], after[0])


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_gram_matrices_are_those_of_the_patterns_brought_back(values, similarity):
    scores, pca = explicit(values, 6)
    back = scores @ pca.components_
    compared = back - back.mean(axis=1, keepdims=True) if similarity == "pearson" else back
    grams = projected_array(values, TRAIN, 6, similarity).grams()
    np.testing.assert_allclose(grams.kernel, back @ back.T, atol=1e-9)
    np.testing.assert_allclose(grams.patterns, compared @ compared.T, atol=1e-9)


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_at_full_rank_nothing_is_lost(subject, similarity):
    values = subject[0]["h.0"]
    whole, full = (
        gram_matrices(values, TRAIN, similarity),
        projected_array(values, TRAIN, 20, similarity).grams(),
    )
    np.testing.assert_allclose(full.kernel, whole.kernel, atol=1e-10)
    np.testing.assert_allclose(full.patterns, whole.patterns, atol=1e-10)


def test_a_feature_that_is_constant_in_training_has_no_weight(values):
    padded = np.hstack([values, np.full((48, 1), 0.1)])
    padded[0, -1] = 1e6
    np.testing.assert_allclose(project(padded, TRAIN, 6), project(values, TRAIN, 6), atol=1e-10)


@pytest.mark.parametrize(
    ("n_features", "width", "rank"), [(20, 21, 20), (70, 36, 35), (70, 0, 35), (70, -3, 35)]
)
def test_a_width_that_the_rank_does_not_reach_is_refused(subject, n_features, width, rank):
    values = np.hstack(list(subject[0].values()))[:, :n_features]
    message = (
        rf"width of layer h.3: expected from 1 to {rank}, the rank of 36 training rows of "
        rf"{n_features} features; found {width}\."
    )
    with pytest.raises(AlignmentError, match=message):
        projected_array(values, TRAIN, width, "pearson", "layer h.3")


def test_duplicated_features_add_no_rank(subject):
    doubled = np.hstack([subject[0]["h.0"]] * 2)
    assert project(doubled, TRAIN, 20).shape == (48, 20)
    with pytest.raises(AlignmentError, match="from 1 to 20"):
        project(doubled, TRAIN, 21)


def test_features_that_never_vary_have_no_component():
    with pytest.raises(AlignmentError, match="from 1 to 0"):
        project(np.ones((48, 5)), TRAIN, 1)


def test_the_input_is_left_as_it_was(values):
    before = values.copy()
    projected_array(values, TRAIN, 4, "pearson")
    np.testing.assert_array_equal(values, before)
