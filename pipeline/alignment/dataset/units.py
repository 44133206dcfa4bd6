"""Units of work that need nothing of one another: computed here, in processes, or on a cluster.

All ways give the same result to the last bit on machines of one kind, because every unit has the
same number of BLAS threads whatever the way: the sums inside a factorisation depend on it.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.alignment.backends import backend_on
from pipeline.alignment.primal.cost import N_ALPHAS, N_INNER, FoldSizes, pair_flops
from pipeline.config import ComputeConfig, ScoreConfig
from pipeline.errors import AlignmentError, ConfigError, Problem

#: How long a scheduler may take to answer before it counts as not there.
SCHEDULER_SECONDS = 5
#: Units that are sent ahead to each core of a cluster, so that none waits for its next.
UNITS_A_CORE = 2
#: Operations below which all units together are small work, done here before processes would have
#: started: about 20 s on one core, where each process takes 3 to 6 s to start and import.
SMALL = 4e11
#: An exchange of stimuli chooses anew, without decompositions: about a fifth of a first fit.
OF_A_FIT = 0.2


@dataclass(frozen=True)
class Unit:
    """A piece of work: a function of arguments that gives a table.

    Parameters
    ----------
    name : str
        Unlike that of any other unit of the same work.
    function : callable
        Found by its module and name where the unit is computed.
    arguments : tuple
        What it is called with; arrays in dicts and tuples. They travel with the unit, so a
        worker that is lost takes nothing along.
    flops : float
        Estimated operations, which decide whether processes are worth starting; infinity where
        nobody knows.
    """

    name: str
    function: Callable[..., pd.DataFrame]
    arguments: tuple[Any, ...]
    flops: float = math.inf


def ridge_flops(
    groups: NDArray[np.str_],
    widths: Iterable[tuple[int, int]],
    settings: ScoreConfig,
    n_permutations: int = 0,
) -> float:
    """Estimate the operations of scoring pairs of a source and a target in all outer folds.

    Right to a factor of 2 or so: it counts both directions, no Gram matrices, and every
    decomposition once a pair. Half of a fit counts as decompositions, half as alphas.

    Parameters
    ----------
    groups : ndarray of str, shape (n_stimuli,)
        Stimulus group of each stimulus.
    widths : iterable of (int, int)
        Columns of source and target, pair by pair.
    settings : ScoreConfig
        Uses split, folds, fold, inner_folds and trials.
    n_permutations : int
        How often stimuli are exchanged beside.
    """
    alone = settings.split == "leave-one-group-out"
    n_folds = len(np.unique(groups)) if alone else settings.folds
    n_folds = n_folds if settings.fold < 0 else 1
    fold = FoldSizes(len(groups), len(groups))  # many folds: nearly all stimuli train
    one_fold = sum(pair_flops(fold, source, target) for source, target in widths)
    search = settings.inner_folds / N_INNER * (1 + settings.trials / N_ALPHAS) / 2
    return n_folds * one_fold * search * (1 + OF_A_FIT * n_permutations)


def count_processes(compute: ComputeConfig, units: Sequence[Unit]) -> int:
    """Count the processes that are worth starting, at least 1.

    As many as were asked for; else 1 for small work or on a GPU, which processes would share, and
    as many as there are cores for.
    """
    n_processes = compute.workers
    if not n_processes:
        one = compute.ridge_device != "cpu" or _is_small(units)
        n_processes = 1 if one else joblib.cpu_count() // compute.threads
    return max(1, min(n_processes, len(units)))


def _is_small(units: Sequence[Unit]) -> bool:
    """Say whether all units together take less time than processes would to start."""
    return sum(unit.flops for unit in units) < SMALL


def compute_units(
    units: Sequence[Unit], compute: ComputeConfig
) -> Iterator[tuple[Unit, pd.DataFrame]]:
    """Compute units and give each as soon as it is finished, in whatever order that is.

    Parameters
    ----------
    units : sequence of Unit
    compute : ComputeConfig
        With one process, for one unit, and for small work unless workers are asked for, work is
        done in this process; small work side by side, on all cores.

    Yields
    ------
    (Unit, DataFrame)

    Raises
    ------
    PipelineError
        What a unit raises; or when the scheduler cannot be reached, or workers die again and
        again.
    """
    if compute.scheduler:
        yield from _on_cluster(units, compute)
    elif count_processes(compute, units) > 1:
        yield from _in_processes(units, compute)
    elif not compute.workers and len(units) > 1 and _is_small(units):
        yield from _in_threads(units, compute.threads)
    else:
        for unit in units:
            with threadpool_limits(limits=compute.threads):
                table = unit.function(*unit.arguments)
            yield unit, table


def check_place(compute: ComputeConfig) -> None:
    """Find out, before anything that takes long, whether there is where to compute.

    Raises
    ------
    ConfigError
        A scheduler that does not answer, or no GPU on this machine; workers of a cluster say
        themselves what they lack.
    """
    check_scheduler(compute.scheduler)
    if not compute.scheduler:
        backend_on(compute.ridge_device)


def check_scheduler(scheduler: str) -> None:
    """Find out whether the scheduler answers; none is fine.

    Raises
    ------
    ConfigError
        It does not answer within ``SCHEDULER_SECONDS``.
    """
    if scheduler:
        with client_of(scheduler):
            pass


def _in_threads(units: Sequence[Unit], threads: int) -> Iterator[tuple[Unit, pd.DataFrame]]:
    """Compute units side by side in this process: most of their time is BLAS, without the GIL."""
    n_units_at_once = max(1, joblib.cpu_count() // threads)
    pool = ThreadPoolExecutor(n_units_at_once)
    with threadpool_limits(limits=threads):
        unit_of = {pool.submit(unit.function, *unit.arguments): unit for unit in units}
        try:
            for future in as_completed(unit_of):
                yield unit_of[future], future.result()
        finally:  # whoever ends the command early does not wait for what is under way
            pool.shutdown(wait=False, cancel_futures=True)


def _in_processes(
    units: Sequence[Unit], compute: ComputeConfig
) -> Iterator[tuple[Unit, pd.DataFrame]]:
    pool = joblib.Parallel(
        n_jobs=count_processes(compute, units),
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
    )
    work = (joblib.delayed(_numbered)(n, unit, compute.threads) for n, unit in enumerate(units))
    try:
        for number, table in pool(work):
            yield units[number], table
    except TerminatedWorkerError as error:
        raise AlignmentError(_lost("a process of this machine")) from error


def _on_cluster(
    units: Sequence[Unit], compute: ComputeConfig
) -> Iterator[tuple[Unit, pd.DataFrame]]:
    """Keep the workers of a dask cluster busy, however many there are at any time.

    Not through joblib's backend for dask: where it finds a single worker it computes in this
    process instead, and it puts large arguments on one worker, with which they die.
    """
    with client_of(compute.scheduler) as client, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        from distributed import KilledWorker, as_completed

        waiting = iter(units)
        running = as_completed(loop=client.loop)
        unit_of: dict[Any, Unit] = {}

        def submit() -> None:
            # arguments travel with the units: few enough at a time for the scheduler's memory
            most = UNITS_A_CORE * max(1, sum(client.nthreads().values()))
            for unit in itertools.islice(waiting, max(0, most - len(unit_of))):
                future = client.submit(_limited, unit, compute.threads, pure=False)
                unit_of[future] = unit
                running.add(future)

        submit()
        for future in running:
            unit = unit_of.pop(future)
            try:
                table = future.result()
            except KilledWorker as error:
                raise AlignmentError(_lost(f"every worker that was given {unit.name}")) from error
            submit()
            yield unit, table


def _limited(unit: Unit, threads: int) -> pd.DataFrame:
    # for good, not for this unit only: a worker may compute several units at once
    threadpool_limits(limits=threads)
    return unit.function(*unit.arguments)


def _numbered(number: int, unit: Unit, threads: int) -> tuple[int, pd.DataFrame]:
    return number, _limited(unit, threads)


def _lost(who: str) -> Problem:
    return Problem(
        "workers",
        "workers that live until their work is done",
        f"{who} was killed",
        "Most often memory has run out: use fewer workers, or give each more. What is finished "
        "is kept: run the same command again.",
    )


@contextmanager
def client_of(scheduler: str) -> Iterator[Any]:
    """Connect with a dask scheduler.

    Raises
    ------
    ConfigError
        When dask is not installed, or nothing answers at that address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        expected = "dask and distributed, to reach a scheduler"
        remedy = "Install both (requirements-dev.txt pins them), or leave scheduler empty."
        raise ConfigError(Problem("scheduler", expected, str(error), remedy)) from error
    try:
        client = Client(scheduler, timeout=SCHEDULER_SECONDS, set_as_default=False)
    except Exception as error:  # bytes of another kind of server are read as any number or type
        expected = "the address of a dask scheduler that answers, such as tcp://host:8786"
        remedy = "Start `dask scheduler` and workers, and give the address that it prints."
        finding = f"'{scheduler}': {error}"
        raise ConfigError(Problem("scheduler", expected, finding, remedy)) from error
    with client:
        yield client
