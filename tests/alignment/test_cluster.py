"""A real dask cluster of two processes, one of which is killed half-way."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import unit_functions as work

from pipeline.alignment import align
from pipeline.alignment.dataset.units import Unit, compute_units
from pipeline.config import ComputeConfig
from pipeline.errors import AlignmentError, ConfigError

distributed = pytest.importorskip("distributed", reason="dask is optional: requirements-dev.txt")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running


@pytest.fixture
def place(cluster):
    return ComputeConfig(scheduler=cluster.scheduler_address)


def workers_of(place):
    with distributed.Client(place.scheduler, set_as_default=False) as client:
        return sorted(client.run(os.getpid).values())


def test_a_cluster_gives_what_this_process_gives_to_the_last_bit(place, subject, groups, settings):
    features, responses = subject
    units = [
        Unit(roi, align, (features, {roi: y}, groups, settings)) for roi, y in responses.items()
    ]
    here = {unit.name: table for unit, table in compute_units(units, ComputeConfig(workers=1))}
    there = {unit.name: table for unit, table in compute_units(units, place)}
    assert here.keys() == there.keys()
    for name, table in here.items():
        pd.testing.assert_frame_equal(table, there[name], check_exact=True)


def test_a_worker_killed_half_way_leaves_nothing_undone(place):
    units = [Unit(str(n), work.slow_squares, ([n, n + 0.5], 0.1)) for n in range(16)]
    before = workers_of(place)
    assert len(before) == 2
    tables = {}
    for unit, table in compute_units(units, place):
        tables[unit.name] = table
        if len(tables) == 4:
            os.kill(before[0], signal.SIGKILL)
    assert before[0] not in workers_of(place)
    assert tables.keys() == {unit.name for unit in units}
    for name, table in tables.items():
        assert table.square.tolist() == [int(name) ** 2, (int(name) + 0.5) ** 2]


def test_a_unit_that_takes_its_worker_down_is_computed_by_another(place, tmp_path):
    units = [Unit(str(n), work.die_the_first_time, ([n], tmp_path / "died")) for n in range(4)]
    tables = {unit.name: table.square.tolist() for unit, table in compute_units(units, place)}
    assert (tmp_path / "died").exists()
    assert tables == {str(n): [n**2] for n in range(4)}


@pytest.mark.slow
def test_a_unit_that_takes_down_every_worker_is_told_of(place):
    with pytest.raises(AlignmentError, match=r"workers: .*every worker that was given bad was kil"):
        list(compute_units([Unit("bad", work.die, ())], place))


def test_units_on_a_cluster_have_the_threads_asked_for(place):
    units = [Unit(str(n), work.threads_and_process, ()) for n in range(3)]
    for _, table in compute_units(units, place):
        assert table.threads.tolist() == [1]
        assert os.getpid() not in set(table.process)


def test_what_a_unit_refuses_on_a_cluster_is_refused_here(place):
    with pytest.raises(AlignmentError, match=r"unit: expected an answer; found none"):
        list(compute_units([Unit("0", work.refuse_work, ())], place))


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr("pipeline.alignment.dataset.units.SCHEDULER_SECONDS", 0.5)
    place = ComputeConfig(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"scheduler: expected the address of a dask scheduler"):
        list(compute_units([Unit("0", work.squares, ([1],))], place))


def test_a_server_that_is_no_scheduler_is_refused():
    answers = b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.sendall(answers)
                connection.recv(1000)

        pool.submit(answer)
        place = ComputeConfig(scheduler=f"tcp://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ConfigError, match=r"scheduler: expected the address of a dask"):
            list(compute_units([Unit("0", work.squares, ([1],))], place))
