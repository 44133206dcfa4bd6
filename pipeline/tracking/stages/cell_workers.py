"""Cells of a study side by side: by processes of this machine, or by workers of a dask cluster.

A cell is worked on as it is in one process. What cells share, a base or the ceilings of a brain
dataset, is claimed: one makes it and the others wait. A worker that dies is replaced, and its cell
goes on from what is finished.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import mlflow

from pipeline.alignment.dataset.units import client_of
from pipeline.config import Cell, UntunedModel
from pipeline.errors import ConfigError, PipelineError, Problem, RegistryError
from pipeline.tracking.lineage import Link
from pipeline.tracking.places import database_of
from pipeline.tracking.runs import OPENED, children_of
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.store import open_store
from pipeline.tuning.methods import METHODS

#: What a cell needs of torch: a device of its own, named before torch looks for devices.
DEVICES = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Destination:
    """Where the runs of cells go.

    Parameters
    ----------
    store, experiment : str
        Address of the store, and name of the experiment in it.
    parent : str
        Id of the study's run, which the process that runs the study holds open.
    devices : tuple of str
        GPUs of this machine, of which each of its workers takes one; empty: whatever is there.
    """

    store: str
    experiment: str
    parent: str
    devices: tuple[str, ...] = ()


def links_by_workers(
    cells: Sequence[Cell | UntunedModel], parent: str, workers: int, scheduler: str
) -> list[Link]:
    """Run the stages of all cells, several cells at once.

    Cells that can be completed are, even if others cannot.

    Parameters
    ----------
    cells : sequence of Cell or UntunedModel
    parent : str
        Id of the study's run.
    workers : int
        Processes of this machine.
    scheduler : str
        Address of a dask scheduler whose workers do the work instead; empty: this machine.

    Returns
    -------
    list of Link
        In the order of the cells.

    Raises
    ------
    PipelineError
        All at once what keeps cells from being completed.
    """
    experiment = mlflow.get_experiment(mlflow.get_run(parent).info.experiment_id).name
    devices = () if scheduler else _devices()
    destination = Destination(mlflow.get_tracking_uri(), experiment, parent, devices)
    with _client(min(workers, len(cells)), scheduler) as client:
        futures: list[Any] = []
        for cell in cells:
            needed = [futures[number] for number in _needed(cell, cells[: len(futures)])]
            futures.append(client.submit(run_cell, cell, destination, needed, pure=False))
        outcomes = [_outcome(future, cell) for future, cell in zip(futures, cells, strict=True)]
    problems = [
        p for outcome in outcomes if isinstance(outcome, PipelineError) for p in outcome.problems
    ]
    if problems:
        raise PipelineError(*dict.fromkeys(problems))
    return [link for outcome in outcomes if isinstance(outcome, list) for link in outcome]


def run_cell(
    cell: Cell | UntunedModel, destination: Destination, needed: Sequence[object]
) -> list[Link]:
    """Run the stages of one cell in a worker.

    Parameters
    ----------
    cell : Cell or UntunedModel
    destination : Destination
    needed : sequence
        What other cells gave that this one needs; waited for, and not looked at.
    """
    _speak()
    if destination.devices:
        os.environ.setdefault(DEVICES, _device_of_worker(destination.devices))
    os.environ.pop(OPENED, None)
    os.environ["MLFLOW_TRACKING_URI"] = destination.store
    os.environ["MLFLOW_EXPERIMENT_NAME"] = destination.experiment
    open_store()
    with children_of(destination.parent):
        return list(links_of(_alone(cell)))


def _alone(cell: Cell | UntunedModel) -> Cell | UntunedModel:
    """Let a cell start no processes of its own unless it asks: workers share the cores."""
    aligns = tuple({"workers": 1, **align} for align in cell.aligns)
    return replace(cell, aligns=aligns)


def _needed(cell: Cell | UntunedModel, before: Sequence[Cell | UntunedModel]) -> Iterator[int]:
    """List by number the cells that make what an interpolation starts from, ``full``."""
    if isinstance(cell, Cell) and METHODS[cell.tune["method"]].interpolates:
        same = {name: cell.tune.get(name) for name in ("base", "task", "seed")}
        needed = {**same, "method": "full"}
        for number, other in enumerate(before):
            if isinstance(other, Cell) and needed.items() <= other.tune.items():
                yield number


def _outcome(future: Any, cell: Cell | UntunedModel) -> list[Link] | PipelineError:
    """Wait for a cell: its links, or what kept it from being completed."""
    from distributed import KilledWorker

    try:
        links: list[Link] = future.result()
    except PipelineError as error:
        return error
    except KilledWorker:
        return RegistryError(
            Problem(
                "workers",
                "workers that live until their work is done",
                f"every worker that was given {cell.title} was killed",
                "Most often memory has run out: use fewer workers, or give each more. What is "
                "finished is kept: run the same command again.",
            )
        )
    return links


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    if scheduler:
        _refuse_own_file()
        with client_of(scheduler) as client:
            yield client
        return
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        expected = "dask and distributed, to work on several models at once"
        remedy = "Install both (requirements-dev.txt pins them), or leave workers at 1."
        raise ConfigError(Problem("workers", expected, str(error), remedy)) from error
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,  # a refusal is told by the command, not by dask
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _refuse_own_file() -> None:
    """Refuse a store that workers of other machines would look for in folders of their own.

    Raises
    ------
    ConfigError
    """
    database = database_of(mlflow.get_tracking_uri())
    if database is not None and not database.is_absolute():
        expected = "a store that all workers find: a server, or a file by its absolute path"
        remedy = "Set MLFLOW_TRACKING_URI to http://… or sqlite:////shared/folder/mlflow.db."
        raise ConfigError(Problem("MLFLOW_TRACKING_URI", expected, f"'{database}'", remedy))


def _devices() -> tuple[str, ...]:
    """List the GPUs that this process may use."""
    import torch

    named = [name for name in os.environ.get(DEVICES, "").split(",") if name]
    return tuple(named or map(str, range(torch.cuda.device_count())))


def _device_of_worker(devices: Sequence[str]) -> str:
    """Give each worker of this machine a GPU, in turn."""
    from distributed import get_worker

    return devices[int(get_worker().name) % len(devices)]


def _speak() -> None:
    """Let a worker say what it does, as the process that runs the study would."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("pipeline").setLevel(logging.INFO)
