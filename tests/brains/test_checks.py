"""Voxels that cannot be used are left out and counted; too many of them are refused."""

import numpy as np
import pytest

from pipeline.brains import BrainDataset, Responses, Stimuli
from pipeline.brains.unusable_voxels import usable_voxels
from pipeline.errors import DataError


@pytest.fixture
def values():
    return np.random.default_rng(0).standard_normal((6, 10)).astype(np.float32)


def test_nan_infinite_and_constant_voxels_are_left_out_and_counted(values):
    values[2, 1], values[0, 4], values[:, 5] = np.nan, np.inf, 3.0
    rois = {"a": np.array([0, 1, 2, 3]), "b": np.array([2, 3, 4, 5, 6, 7]), "c": np.array([8, 9])}
    usable = usable_voxels("file", values, rois, 0.5)
    assert {roi: columns.tolist() for roi, columns in usable.rois.items()} == {
        "a": [0, 2, 3],
        "b": [2, 3, 6, 7],
        "c": [8, 9],
    }
    assert usable.dropped == {"a": 1, "b": 2}


def test_a_region_that_would_lose_more_than_half_is_refused_with_all_others(values):
    values[:, :6] = 0
    rois = {"a": np.arange(4), "b": np.arange(3, 8), "c": np.array([8, 9])}
    with pytest.raises(
        DataError, match=r"(?s)2 problems.*ROI a.*found 4 of 4.*ROI b.*found 3 of 5"
    ):
        usable_voxels("file", values, rois, 0.5)


def dataset(values, **parts):
    stimuli = Stimuli(tuple("abcdefgh"), np.array(list("aabbccdd")))
    responses = Responses(values, {"a": np.arange(10)}, **parts)
    return BrainDataset("d", stimuli, {"s": responses}, "made for this test")


def test_a_subject_may_have_seen_some_stimuli_only(values):
    rows = np.array([7, 1, 2, 3, 4, 5])
    made = dataset(values, stimulus_rows=rows)
    assert made.subjects["s"].rows(8).tolist() == rows.tolist()


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 8], [0, 1, 2, 3, 4, 4], [-1, 0, 1, 2, 3, 4]])
def test_stimuli_shown_must_be_different_positions(values, rows):
    with pytest.raises(DataError, match=r"stimuli shown: expected different positions from 0 to 7"):
        dataset(values, stimulus_rows=np.array(rows))


def test_repeats_of_some_rows_must_match_them(values):
    parts = {"stimulus_rows": np.arange(6), "repeated": np.array([0, 3])}
    repeats = np.zeros((3, 2, 10), dtype=np.float32)
    assert dataset(values, repeats=repeats, **parts).subjects["s"].repeated_rows().tolist() == [
        0,
        3,
    ]
    with pytest.raises(DataError, match=r"repeats: expected shape \(n_repeats, 2, 10\)"):
        dataset(values, repeats=repeats[:, :1], **parts)
