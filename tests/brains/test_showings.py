"""Trials are counted by stimulus, averaged block by block, and as many as can be are kept."""

import numpy as np
import pytest

from pipeline.brains.repeats import Averaged, group_showings, most_showings


class TestShowings:
    def test_as_many_showings_as_can_be_are_kept(self):
        assert most_showings(np.array([1, 1, 1])) == 0
        assert most_showings(np.array([2, 2, 2, 4])) == 2
        assert most_showings(np.array([2, 4, 4, 4])) == 4
        assert most_showings(np.array([2, 1, 2, 4])) == 2  # 3 x 2 showings against 1 x 4

    def test_trials_are_counted_through(self):
        showings = group_showings(["b", "a", "b", "b"])
        assert showings.names == ("b", "a")
        assert showings.rows.tolist() == [0, 1, 0, 0]
        assert showings.ordinals.tolist() == [0, 0, 1, 2]
        assert showings.repeated.tolist() == [0]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
@pytest.mark.parametrize("block", [(3, 4), (1, 7), (20, 1), (20, 7)])
@pytest.mark.parametrize("at_once", [1, 10, 1 << 19])
def test_blocks_of_any_shape_give_the_means_and_the_single_showings(
    monkeypatch, at_once, block, dtype
):
    monkeypatch.setattr("pipeline.brains.repeats._BLOCK_VALUES", at_once)
    rng = np.random.default_rng(0)
    trials = [str(n) for n in rng.integers(0, 8, 20)]
    values = (100 * rng.standard_normal((20, 7))).astype(dtype)
    showings = group_showings(trials)
    averaged = Averaged(showings, 7)
    for row in range(0, 20, block[0]):
        for column in range(0, 7, block[1]):
            averaged.add(row, column, values[row : row + block[0], column : column + block[1]])
    made = averaged.responses("here", {"a": np.arange(7)}, 0.5)
    for place, name in enumerate(showings.names):
        own = values[[trial == name for trial in trials]].astype(float)
        np.testing.assert_allclose(made.values[place], own.mean(axis=0), rtol=1e-5)
        if place in made.repeated_rows():
            single = made.repeats[:, made.repeated_rows().tolist().index(place)]
            np.testing.assert_array_equal(single, own[: len(single)].astype(np.float32))
    assert len(made.repeats) == most_showings(showings.counts)


def test_without_repeats_responses_stay_as_they_are_to_the_last_bit():
    values = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    averaged = Averaged(group_showings([4, 2, 0, 1, 3], range(5)), 3)
    averaged.add(0, 0, values)
    made = averaged.responses("here", {"a": np.arange(3)}, 0.5)
    np.testing.assert_array_equal(made.values, values[[2, 3, 1, 4, 0]])
    assert (made.repeats, made.repeated) == (None, None)
