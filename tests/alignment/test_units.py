"""Units give the same here and in processes; the cluster has a file of its own."""

import os

import joblib
import numpy as np
import pandas as pd
import pytest
import unit_functions as work

from pipeline.alignment import align
from pipeline.alignment.dataset.units import Unit, compute_units, count_processes
from pipeline.config import ComputeConfig
from pipeline.errors import AlignmentError


def computed(units, place):
    return {unit.name: table for unit, table in compute_units(units, place)}


@pytest.fixture
def alignments(subject, groups, settings):
    features, responses = subject
    return [
        Unit(f"repeat {n}", align, (features, {roi: y + n for roi, y in responses.items()}, *rest))
        for n, rest in enumerate([(groups, settings)] * 3)
    ]


def test_two_processes_give_what_this_one_gives_to_the_last_bit(alignments):
    here = computed(alignments, ComputeConfig(workers=1))
    there = computed(alignments, ComputeConfig(workers=2))
    assert here.keys() == there.keys()
    for name, table in here.items():
        pd.testing.assert_frame_equal(table, there[name], check_exact=True)


def test_workers_are_other_processes_and_have_the_threads_asked_for():
    units = [Unit(str(n), work.threads_and_process, ()) for n in range(2)]
    for table in computed(units, ComputeConfig(workers=2, threads=1)).values():
        assert table.threads.tolist() == [1]
        assert os.getpid() not in set(table.process)


def test_one_unit_is_computed_in_this_process_with_the_threads_asked_for():
    unit = Unit("only", work.threads_and_process, ())
    table = computed([unit], ComputeConfig(workers=4, threads=2))["only"]
    assert table.threads.tolist() == [2]
    assert set(table.process) == {os.getpid()}


def test_no_more_processes_than_cores_for_their_threads(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    assert count_processes(ComputeConfig(workers=0, threads=2), 100) == 4
    assert count_processes(ComputeConfig(workers=0, threads=16), 100) == 1
    assert count_processes(ComputeConfig(workers=0), 3) == 3
    assert count_processes(ComputeConfig(workers=5), 100) == 5


def test_nothing_to_do_is_done_at_once():
    assert computed([], ComputeConfig(workers=2)) == {}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_unit_refuses_is_refused(workers):
    units = [Unit(str(n), work.refuse_work, ()) for n in range(2)]
    with pytest.raises(AlignmentError, match=r"unit: expected an answer; found none"):
        computed(units, ComputeConfig(workers=workers))


def test_large_arrays_reach_processes_whole():
    values = np.arange(400_000.0)
    units = [Unit(str(n), work.squares, (values + n,)) for n in range(2)]
    for name, table in computed(units, ComputeConfig(workers=2)).items():
        np.testing.assert_array_equal(table.square, (values + int(name)) ** 2)


def test_a_process_that_is_killed_is_told_of():
    units = [Unit(str(n), work.die, ()) for n in range(2)]
    with pytest.raises(AlignmentError, match=r"a process of this machine was killed.*is kept"):
        computed(units, ComputeConfig(workers=2))
