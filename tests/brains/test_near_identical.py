import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alignment import make_folds
from pipeline.brains.dataset import Stimuli
from pipeline.brains.near_identical import LARGEST_SIDE, merged_groups


@pytest.fixture
def pictures():
    """Six unlike pictures."""
    return np.random.default_rng(0).integers(0, 256, (6, 12, 10, 3)).astype(np.uint8)


def named(n):
    return np.array([f"image{number}" for number in range(n)])


def test_a_slightly_changed_picture_joins_the_group_of_the_first(pictures):
    pictures[4] = pictures[1]
    pictures[4, 0, 0] = 0
    found = merged_groups(Stimuli(pictures, named(6)), 0.95)
    assert found.tolist() == ["image0", "image1", "image2", "image3", "image1", "image5"]


def test_groups_of_the_dataset_stay_whole_and_join_as_wholes(pictures):
    pictures[4] = pictures[1]
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    assert merged_groups(Stimuli(pictures, groups), 0.95).tolist() == ["a", "a", "b", "b", "a", "a"]


def test_a_threshold_of_one_joins_equal_pictures_only(pictures):
    pictures[2] = pictures[0]
    pictures[4] = pictures[1]
    pictures[4, 0, 0] = 255 - pictures[4, 0, 0]
    found = merged_groups(Stimuli(pictures, named(6)), 1.0)
    assert found.tolist() == ["image0", "image1", "image0", "image3", "image4", "image5"]


def test_pictures_are_alike_whatever_their_brightness_and_contrast(pictures):
    pictures[3] = (pictures[0] * 0.5 + 40).astype(np.uint8)
    assert merged_groups(Stimuli(pictures, named(6)), 0.99)[3] == "image0"


def test_likeness_is_passed_on_along_a_chain():
    rng = np.random.default_rng(1)
    steps = np.cumsum(rng.normal(0, 14, (12, 16, 16, 3)), axis=0) + rng.uniform(
        60, 190, (16, 16, 3)
    )
    pictures = np.clip(steps, 0, 255).astype(np.uint8)
    flat = pictures.reshape(12, -1).astype(float)
    correlation = np.corrcoef(flat)
    threshold = float(np.diagonal(correlation, 1).min()) - 1e-3
    assert correlation[0, -1] < threshold
    assert set(merged_groups(Stimuli(pictures, named(12)), threshold)) == {"image0"}


@pytest.mark.parametrize("side", [LARGEST_SIDE, 2 * LARGEST_SIDE + 3])
def test_an_empty_picture_is_like_no_other(side):
    pictures = np.zeros((3, side, side, 3), dtype=np.uint8)
    pictures[0, :5] = 200
    assert merged_groups(Stimuli(pictures, named(3)), 0.5).tolist() == named(3).tolist()


def test_sentences_that_differ_in_case_spaces_and_punctuation_are_the_same():
    items = ("The dog  barks.", "A cat sleeps .", "the dog barks", "The dogs bark.")
    groups = np.array(["p0", "p1", "p2", "p3"])
    assert merged_groups(Stimuli(items, groups), 0.95).tolist() == ["p0", "p1", "p0", "p3"]


@given(st.lists(st.sampled_from("abcdef"), min_size=8, max_size=30), st.integers(0, 9))
def test_folds_of_merged_groups_never_hold_one_sentence_on_both_sides(words, seed):
    groups = np.array([f"p{number // 2}" for number in range(len(words))])
    merged = merged_groups(Stimuli(tuple(words), groups), 1.0)
    sizes = np.bincount(np.unique(merged, return_inverse=True)[1])
    if len(sizes) < 2 or sizes.min() < 2:
        return
    written = np.array(words)
    for fold in make_folds(merged, 2, "grouped", seed):
        assert not set(written[fold.train]) & set(written[fold.test])


def test_without_near_identical_stimuli_groups_are_as_they_were(pictures):
    groups = np.array(["z", "z", "y", "y", "x", "x"])
    np.testing.assert_array_equal(merged_groups(Stimuli(pictures, groups), 0.95), groups)
