"""A source that is too long loses the part that its task can spare; the cue stays."""

import pytest

from pipeline.models.travelling.framing import cut_source

TOKENS = [1, 2, 3, 4, 5, 90, 91]  # five of the source, two of the cue


@pytest.mark.parametrize("keeps", ["start", "end"])
def test_what_fits_is_left_whole(keeps):
    assert cut_source(TOKENS, 2, 7, keeps) == TOKENS


def test_the_start_is_kept_with_the_cue():
    assert cut_source(TOKENS, 2, 5, "start") == [1, 2, 3, 90, 91]


def test_the_end_is_kept_with_the_cue():
    assert cut_source(TOKENS, 2, 5, "end") == [3, 4, 5, 90, 91]


def test_a_task_without_a_cue_keeps_its_start():
    assert cut_source(TOKENS, 0, 3, "start") == [1, 2, 3]
