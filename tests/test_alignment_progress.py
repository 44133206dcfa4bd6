"""Long work says how far it is: a bar in a terminal, a line a minute elsewhere."""

import io
import logging
import sys

import pytest

from pipeline import progress
from pipeline.progress import follow, line


@pytest.fixture
def clock(monkeypatch):
    """Let every look at the clock be 25 seconds after the last."""
    ticks = iter(range(0, 10_000, 25))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(ticks)))


def test_items_come_through_in_their_order():
    assert list(follow("abc", total=3, name="letters")) == ["a", "b", "c"]


def test_where_there_is_no_terminal_a_line_a_minute_says_rate_and_time_left(clock, caplog):
    with caplog.at_level(logging.INFO, logger="pipeline"):
        assert len(list(follow(range(6), total=10, name="units", done=2))) == 6
    assert caplog.messages == [
        "  units: 5 of 10, 25 s each, 02:05 left",
        "  units: 8 of 10, 25 s each, 00:50 left",
    ]


def test_batches_count_for_what_they_hold(clock, caplog):
    with caplog.at_level(logging.INFO, logger="pipeline"):
        batches = follow([[1, 2], [3], [4, 5, 6]], total=12, name="stimuli", size=len)
        assert [len(batch) for batch in batches] == [2, 1, 3]
    assert caplog.messages == ["  stimuli: 6 of 12, 12 s each, 01:15 left"]


def test_in_a_terminal_a_bar_shows_them_and_no_line(clock, caplog, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    with caplog.at_level(logging.INFO, logger="pipeline"):
        assert len(list(follow(range(6), total=8, name="units", done=2))) == 6
    assert "units:" in terminal.getvalue()
    assert "2/8" in terminal.getvalue()
    assert caplog.messages == []


def test_fast_work_is_told_by_the_second():
    assert line("units", 10, 40, rate=3.0) == "units: 10 of 40, 3 a second, 00:10 left"
