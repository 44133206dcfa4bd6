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
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import mlflow

from pipeline.alignment.dataset.units import client_of
from pipeline.config import Cell, UntunedModel
from pipeline.errors import ConfigError, PipelineError, Problem, RegistryError
from pipeline.tracking.lineage import Link
from pipeline.tracking.looking_up import UndoneError, looked_up
from pipeline.tracking.lost_runs import close_lost_runs
from pipeline.tracking.places import database_of
from pipeline.tracking.remembered import runs_remembered
from pipeline.tracking.runs import OPENED, children_of
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.stages.own_workers import DEVICES, devices_of_this_machine, own_workers
from pipeline.tracking.store import open_store
from pipeline.tuning.methods import METHODS


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
    finished = _finished(cells)
    rest = cells[len(finished) :]
    outcomes = [*finished, *(_outcomes(rest, parent, workers, scheduler) if rest else [])]
    problems = [
        p for outcome in outcomes if isinstance(outcome, PipelineError) for p in outcome.problems
    ]
    if problems:
        raise PipelineError(*dict.fromkeys(problems))
    return [link for outcome in outcomes if isinstance(outcome, list) for link in outcome]


def _outcomes(
    cells: Sequence[Cell | UntunedModel], parent: str, workers: int, scheduler: str
) -> list[list[Link] | PipelineError]:
    """Give cells to workers, and wait for all; runs of workers that a person ends are closed."""
    if scheduler:
        _refuse_own_file()
    experiment = mlflow.get_experiment(mlflow.get_run(parent).info.experiment_id).name
    devices = () if scheduler else devices_of_this_machine()
    destination = Destination(mlflow.get_tracking_uri(), experiment, parent, devices)
    try:
        with client_of(scheduler) if scheduler else own_workers(min(workers, len(cells))) as client:
            futures: dict[int, Any] = {}
            for number in apart(cells):
                before = _needed(cells[number], cells)
                needed = [futures[other] for other in before if other in futures]
                arguments = (cells[number], destination, needed)
                futures[number] = client.submit(run_cell, *arguments, pure=False)
            return [_outcome(futures[number], cell) for number, cell in enumerate(cells)]
    except (KeyboardInterrupt, SystemExit):
        close_lost_runs()
        raise


def _finished(cells: Sequence[Cell | UntunedModel]) -> list[list[Link]]:
    """Give the links of the leading cells of which all is done, for which no worker is needed."""
    finished: list[list[Link]] = []
    with suppress(UndoneError, PipelineError), looked_up():
        for cell in cells:
            finished.append(list(links_of(cell)))
    return finished


def apart(cells: Sequence[Cell | UntunedModel]) -> list[int]:
    """Order cells so that those side by side share little: what they share, they wait for.

    Returns
    -------
    list of int
        Places among the cells: in turn one of each base, then of the next task or seed of each, and
        so on. Those of one base, task and seed stay in their order.
    """
    places: dict[str, dict[tuple[str, ...], list[int]]] = {}
    for number, cell in enumerate(cells):
        names = cell.tune if isinstance(cell, Cell) else {"base": cell.model}
        own = places.setdefault(str(names["base"]), {})
        own.setdefault((str(names.get("task")), str(names.get("seed"))), []).append(number)
    turns = {
        number: (turn, row, column)
        for column, own in enumerate(places.values())
        for row, numbers in enumerate(own.values())
        for turn, number in enumerate(numbers)
    }
    return sorted(turns, key=turns.__getitem__)


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
    with children_of(destination.parent), runs_remembered():
        return list(links_of(_alone(cell)))


def _alone(cell: Cell | UntunedModel) -> Cell | UntunedModel:
    """Let a cell start no processes of its own unless it asks: workers share the cores."""
    aligns = tuple({"workers": 1, **align} for align in cell.aligns)
    return replace(cell, aligns=aligns)


def _needed(cell: Cell | UntunedModel, cells: Sequence[Cell | UntunedModel]) -> Iterator[int]:
    """List by number the cells that make what an interpolation starts from, ``full``."""
    if isinstance(cell, Cell) and METHODS[cell.tune["method"]].interpolates:
        same = {name: cell.tune.get(name) for name in ("base", "task", "seed")}
        needed = {**same, "method": "full"}
        for number, other in enumerate(cells):
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


def _device_of_worker(devices: Sequence[str]) -> str:
    """Give each worker of this machine a GPU, in turn."""
    from distributed import get_worker

    return devices[int(get_worker().name) % len(devices)]


def _speak() -> None:
    """Let a worker say what it does, as the process that runs the study would."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("pipeline").setLevel(logging.INFO)
