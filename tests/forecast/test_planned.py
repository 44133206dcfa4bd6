"""A forecast names what does not fit, and the setting that helps; its table adds up."""

import pytest

from pipeline.errors import Problem
from pipeline.forecast.facts import Room
from pipeline.forecast.planned import PlannedRun, size_problems
from pipeline.forecast.run_cost import Cost
from pipeline.forecast.table import duration, forecast_text, size

GB = 1e9
ROOM = Room(memory=8 * GB, disk=20 * GB)
RUNS = [
    PlannedRun("base", "base gpt2", Cost(6.0, 1 * GB, 0.0, 0.5 * GB), reuses="abc"),
    PlannedRun("tune", "tune gpt2-a full seed 0", Cost(600.0, 3 * GB, 3 * GB, 0.5 * GB)),
    PlannedRun("align", "align gpt2-a full", None),
]


def test_what_fits_is_not_refused():
    assert list(size_problems(RUNS, ROOM)) == []


def test_a_run_that_needs_more_memory_than_is_free_is_named_with_settings_that_help():
    (problem,) = size_problems(RUNS, Room(2 * GB, 20 * GB))
    assert problem.where == "tune gpt2-a full seed 0"
    assert "3.0 GB" in problem.found
    assert "tokens_at_once" in problem.remedy


def test_runs_of_a_stage_that_do_not_fit_are_one_refusal_by_the_largest_of_them():
    larger = PlannedRun("tune", "tune gpt2-b full seed 0", Cost(1.0, 4 * GB, 0.0, 0.0))
    (problem,) = size_problems([*RUNS, larger], Room(2 * GB, 20 * GB))
    assert problem.where == "tune gpt2-b full seed 0, and 1 more"


def test_a_reused_run_needs_no_memory():
    assert not list(size_problems([RUNS[0]], Room(0.5 * GB, 20 * GB)))


def test_the_run_at_which_the_disk_is_full_is_named():
    (problem,) = size_problems(RUNS, Room(8 * GB, 3.9 * GB))
    assert problem.where == "tune gpt2-a full seed 0"
    assert "4.0 GB" in problem.found


def test_the_table_says_what_is_reused_what_is_unknown_and_what_is_missing():
    missing = [Problem("../data", "a folder", "none", "Unpack it there.")]
    text = forecast_text("study", RUNS, missing, ROOM)
    assert "reused" in text
    assert "(run abc)" in text
    assert "3 runs, 1 reused, 2 new (1 tune, 1 align)" in text
    assert "about 10.1 minutes" in text
    assert "? cannot be known" in text
    assert "1. ../data: expected a folder; found none. Unpack it there." in text


@pytest.mark.parametrize(("seconds", "words"), [
    (90, "1.5 minutes"), (3 * 3600, "3.0 hours"), (10 * 86_400, "10.0 days"),
])  # fmt: skip
def test_times_are_told_in_the_unit_that_suits_them(seconds, words):
    assert duration(seconds) == words


def test_sizes_are_told_in_the_unit_that_suits_them():
    assert (size(200_000), size(2.5 * GB)) == ("0.2 MB", "2.5 GB")
