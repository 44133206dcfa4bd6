"""Units give the same here and in processes; the cluster has a file of its own."""

import dataclasses
import os
import threading

import joblib
import numpy as np
import pandas as pd
import pytest
import unit_functions as work
from settings_with import replace

from pipeline.alignment import align
from pipeline.alignment.dataset.units import (
    SMALL,
    Unit,
    compute_units,
    count_processes,
    ridge_flops,
)
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


def test_small_work_side_by_side_gives_what_one_unit_after_the_other_gives(alignments, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 3)
    small = [dataclasses.replace(unit, flops=1.0) for unit in alignments]
    after_one_another = computed(small, ComputeConfig(workers=1))
    side_by_side = computed(small, ComputeConfig())
    assert side_by_side.keys() == after_one_another.keys()
    for name, table in after_one_another.items():
        pd.testing.assert_frame_equal(table, side_by_side[name], check_exact=True)


def test_small_work_is_on_all_cores_at_once(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    meeting = threading.Barrier(2, timeout=10)  # broken unless both units are at it
    units = [Unit(str(n), work.meet, (meeting,), 1.0) for n in range(2)]
    assert len(computed(units, ComputeConfig())) == 2


def test_what_small_work_refuses_is_refused_and_the_rest_is_left():
    units = [Unit(str(n), work.refuse_work, (), 1.0) for n in range(50)]
    with pytest.raises(AlignmentError, match=r"unit: expected an answer; found none"):
        computed(units, ComputeConfig())


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
    units = [Unit(str(n), work.squares, ([n],)) for n in range(100)]
    assert count_processes(ComputeConfig(workers=0, threads=2), units) == 4
    assert count_processes(ComputeConfig(workers=0, threads=16), units) == 1
    assert count_processes(ComputeConfig(workers=0), units[:3]) == 3
    assert count_processes(ComputeConfig(workers=5), units) == 5


@pytest.mark.parametrize(
    ("workers", "share_of_small", "elsewhere"), [(0, 0.9, False), (0, 1.1, True), (2, 0.9, True)]
)
def test_small_work_starts_no_process_unless_workers_are_asked_for(
    monkeypatch, workers, share_of_small, elsewhere
):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    flops = SMALL * share_of_small / 2
    units = [Unit(str(n), work.threads_and_process, (), flops) for n in range(2)]
    tables = computed(units, ComputeConfig(workers=workers))
    processes = {process for table in tables.values() for process in table.process}
    assert (os.getpid() not in processes) == elsewhere


def test_three_subjects_of_a_demo_are_small_work_and_those_of_a_study_are_not(groups, settings):
    demo = replace(settings, folds=5, inner_folds=5, trials=12)
    pictures = np.repeat(np.arange(48), 4).astype(str)
    assert 3 * ridge_flops(pictures, [(128, 80)] * 20, demo) < SMALL
    sentences = np.repeat(np.arange(157), 4).astype(str)
    assert 3 * ridge_flops(sentences, [(768, 11_000)] * 12 * 6, demo) > SMALL


def test_work_grows_with_folds_trials_and_permutations(groups, settings):
    once = ridge_flops(groups, [(20, 30)], settings)
    assert ridge_flops(groups, [(20, 30)] * 2, settings) == pytest.approx(2 * once)
    assert ridge_flops(groups, [(20, 30)], replace(settings, folds=8)) == pytest.approx(2 * once)
    assert ridge_flops(groups, [(20, 30)], replace(settings, trials=80)) > 2 * once
    assert ridge_flops(groups, [(20, 30)], settings, n_permutations=1000) > 100 * once
    alone = replace(settings, split="leave-one-group-out")
    assert ridge_flops(groups, [(20, 30)], alone) == pytest.approx(3 * once)


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
