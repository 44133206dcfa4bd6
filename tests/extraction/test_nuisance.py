import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer

from pipeline.brains.dataset import Stimuli
from pipeline.extraction.nuisance import nuisance_features

SENTENCES = ("a dog barks", "it is loud .", "cats sleep", "they dream of mice", "the end")
PASSAGES = np.array(["dogs", "dogs", "cats", "cats", "dogs"])


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (24, 9, 8, 3)).astype(np.uint8)


def test_sentences_have_their_length_and_their_place_in_the_passage():
    features = nuisance_features(Stimuli(SENTENCES, PASSAGES), with_groups=False)
    assert features["length"].tolist() == [[3, 11], [4, 12], [2, 10], [4, 18], [2, 7]]
    assert features["position"].ravel().tolist() == [0, 1, 0, 1, 2]
    assert set(features) == {"length", "position", "word-frequency"}


def test_words_are_counted_over_all_sentences_and_their_frequency_is_that_of_the_least_too():
    sentences = ("The cat, the dog", "a cat?", "THE owl")
    features = nuisance_features(Stimuli(sentences, np.array(["1", "1", "2"])), with_groups=False)
    the, cat = np.log(3), np.log(2)
    expected = [[(2 * the + cat) / 4, 0], [cat / 2, 0], [the / 2, 0]]
    np.testing.assert_allclose(features["word-frequency"], expected)


def test_a_bag_holds_the_words_that_several_groups_share_as_scikit_learn_counts_them():
    sentences = ("the cat saw the owl", "cat and owl", "the owl saw the dog", "the dog ran")
    features = nuisance_features(Stimuli(sentences, np.array(["1", "1", "2", "3"])), False)
    words = ["dog", "owl", "saw", "the"]  # cat is in one group alone
    expected = CountVectorizer(vocabulary=words).transform(sentences).toarray()
    np.testing.assert_array_equal(features["bag-of-words"], expected)


def test_what_has_no_words_has_no_words_to_count():
    features = nuisance_features(Stimuli(("...", "?"), np.array(["1", "2"])), with_groups=False)
    assert set(features) == {"length", "position"}


def test_the_passage_is_told_only_where_it_is_asked_for():
    features = nuisance_features(Stimuli(SENTENCES, PASSAGES), with_groups=True)
    assert features["passage"].tolist() == [[0, 1], [0, 1], [1, 0], [1, 0], [0, 1]]


def test_pictures_have_their_brightness_and_contrast(pictures):
    features = nuisance_features(Stimuli(pictures, np.arange(24).astype(str)), with_groups=True)
    for picture, (mean, contrast) in zip(pictures, features["brightness"], strict=True):
        assert mean == pytest.approx(picture.mean())
        assert contrast == pytest.approx(picture.std())
    assert set(features) == {"brightness", "pixels"}


def test_pixels_are_the_leading_components_that_scikit_learn_finds(pictures):
    features = nuisance_features(Stimuli(pictures, np.arange(24).astype(str)), False)["pixels"]
    expected = PCA(6, svd_solver="full").fit_transform(pictures.reshape(24, -1))
    assert features.shape == (24, 6)
    np.testing.assert_allclose(np.abs(features), np.abs(expected), atol=1e-6)


def test_equal_pictures_have_no_components():
    pictures = np.full((8, 4, 4, 3), 7, dtype=np.uint8)
    features = nuisance_features(Stimuli(pictures, np.arange(8).astype(str)), with_groups=False)
    assert features["pixels"].shape == (8, 0)


def test_components_beyond_the_rank_of_the_pictures_are_left_out(pictures):
    twice = np.repeat(pictures[:3], 8, axis=0)
    features = nuisance_features(Stimuli(twice, np.arange(24).astype(str)), with_groups=False)
    assert features["pixels"].shape == (24, 2)
