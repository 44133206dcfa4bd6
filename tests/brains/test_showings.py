"""Trials are counted by stimulus, and as many showings as can be are kept."""

import numpy as np

from pipeline.brains.showings import most_showings, showings_of


class TestShowings:
    def test_as_many_showings_as_can_be_are_kept(self):
        assert most_showings(np.array([1, 1, 1])) == 0
        assert most_showings(np.array([2, 2, 2, 4])) == 2
        assert most_showings(np.array([2, 4, 4, 4])) == 4
        assert most_showings(np.array([2, 1, 2, 4])) == 2  # 3 x 2 showings against 1 x 4

    def test_trials_are_counted_through(self):
        showings = showings_of(["b", "a", "b", "b"])
        assert showings.names == ("b", "a")
        assert showings.rows.tolist() == [0, 1, 0, 0]
        assert showings.ordinals.tolist() == [0, 0, 1, 2]
        assert showings.repeated.tolist() == [0]
