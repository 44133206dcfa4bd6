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
    merged_names = merged_groups(Stimuli(pictures, named(6)), 0.95)
    assert merged_names.tolist() == ["image0", "image1", "image2", "image3", "image1", "image5"]


def test_groups_of_the_dataset_stay_whole_and_join_as_wholes(pictures):
    pictures[4] = pictures[1]
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    assert merged_groups(Stimuli(pictures, groups), 0.95).tolist() == ["a", "a", "b", "b", "a", "a"]


def test_a_threshold_of_one_joins_equal_pictures_only(pictures):
    pictures[2] = pictures[0]
    pictures[4] = pictures[1]
    pictures[4, 0, 0] = 255 - pictures[4, 0, 0]
    merged_names = merged_groups(Stimuli(pictures, named(6)), 1.0)
    assert merged_names.tolist() == ["image0", "image1", "image0", "image3", "image4", "image5"]


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
    pictures[2] = 1
    assert merged_groups(Stimuli(pictures, named(3)), 0.5).tolist() == named(3).tolist()


@pytest.mark.parametrize("side", [8, 2 * LARGEST_SIDE])
def test_equal_pictures_are_one_group_even_when_blank(side):
    pictures = np.zeros((4, side, side, 3), dtype=np.uint8)
    pictures[1::2] = 255
    merged = merged_groups(Stimuli(pictures, named(4)), 1.0)
    assert merged.tolist() == ["image0", "image1", "image0", "image1"]


@pytest.mark.parametrize("side", [16, 32, 64])
@pytest.mark.parametrize("mirror", [None, 0, 1])
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (-2, 1), (0, 2)])
def test_shifted_and_mirrored_copies_are_found(side, mirror, shift):
    pictures = np.random.default_rng(0).integers(0, 256, (5, side, side, 3)).astype(np.uint8)
    step = -(-side // LARGEST_SIDE)
    copy = pictures[1] if mirror is None else np.flip(pictures[1], mirror)
    pictures[3] = np.roll(copy, [step * s for s in shift], (0, 1))
    for threshold in (0.95, 1.0):
        merged = merged_groups(Stimuli(pictures, named(5)), threshold)
        assert merged.tolist() == ["image0", "image1", "image2", "image1", "image4"]


def test_copies_are_found_among_thousands(monkeypatch):
    monkeypatch.setattr("pipeline.brains.moved_copies._MANY", 10)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (40, 8, 8, 3)).repeat(4, axis=1).repeat(4, axis=2)
    pictures = np.clip(coarse + rng.normal(0, 5, coarse.shape), 0, 255).astype(np.uint8)
    pictures[7] = np.roll(pictures[30][:, ::-1], (3, -2), (0, 1))
    merged = merged_groups(Stimuli(pictures, named(40)), 0.95)
    assert merged[7] == merged[30]
    assert len(set(merged)) == 39


@given(st.integers(0, 50))
def test_unlike_pictures_stay_apart(seed):
    pictures = np.random.default_rng(seed).integers(0, 256, (6, 24, 20, 3)).astype(np.uint8)
    assert merged_groups(Stimuli(pictures, named(6)), 0.5).tolist() == named(6).tolist()


def test_forms_of_unicode_quotes_and_spaces_do_not_make_another_sentence():
    items = ("Don't stop the café!", "“Don\u2019t” stop\u00a0the cafe\u0301 …", "Do stop the café.")
    merged = merged_groups(Stimuli(items, np.array(["p0", "p1", "p2"])), 0.95)
    assert merged.tolist() == ["p0", "p0", "p2"]


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
    sentences = np.array(words)
    for fold in make_folds(merged, 2, "grouped", seed):
        assert not set(sentences[fold.train]) & set(sentences[fold.test])


def test_without_near_identical_stimuli_groups_are_as_they_were(pictures):
    groups = np.array(["z", "z", "y", "y", "x", "x"])
    np.testing.assert_array_equal(merged_groups(Stimuli(pictures, groups), 0.95), groups)
