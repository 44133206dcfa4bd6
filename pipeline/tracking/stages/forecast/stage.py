"""``forecast``: a study in, what its runs would take out; nothing is computed or written."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.config import StudyConfig
from pipeline.errors import Problem
from pipeline.forecast.facts import Room
from pipeline.forecast.planned import PlannedRun, size_problems
from pipeline.forecast.table import forecast_text
from pipeline.tracking.first_look import DEFAULT_STORE
from pipeline.tracking.places import database_of
from pipeline.tracking.stages.forecast.constants import machine_constants
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.forecast.planning import Planning
from pipeline.tracking.store import open_store

#: Where Linux says what a container may hold, and holds.
MOST_MEMORY, HELD_MEMORY = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True)
class Forecast:
    """What a study would take.

    Parameters
    ----------
    runs : tuple of PlannedRun
    missing : tuple of Problem
        What is not here yet.
    refusals : tuple of Problem
        What is here and damaged or does not fit together, and runs that this machine has no
        memory or disk for.
    text : str
        Runs and what is missing, to be printed.
    """

    runs: tuple[PlannedRun, ...]
    missing: tuple[Problem, ...]
    refusals: tuple[Problem, ...]
    text: str


def run_forecast(study: StudyConfig) -> Forecast:
    """Read what a study needs as far as it is here, and forecast its runs.

    Raises
    ------
    RegistryError
        When there is a store that cannot be opened.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_STORE)
    has_store = _is_there(uri)
    if has_store:
        open_store(writing=False)
    inputs = Inputs()
    machine = machine_constants()
    runs = tuple(Planning(inputs, machine, has_store).runs(study))
    room = free_room(database_of(uri))
    missing = tuple(inputs.missing.values())
    refusals = (*inputs.wrong.values(), *size_problems(runs, room))
    return Forecast(runs, missing, refusals, forecast_text(study.name, runs, missing, room))


def free_room(database: Path | None) -> Room:
    """Say how much memory is free, and how much of the disk that the store lies on."""
    memory = float(psutil.virtual_memory().available)
    if MOST_MEMORY.is_file() and (most := MOST_MEMORY.read_text().strip()).isdigit():
        memory = min(memory, float(most) - float(HELD_MEMORY.read_text()))
    beside = database.absolute().parent if database else Path.cwd()
    return Room(memory, float(shutil.disk_usage(beside).free))


def _is_there(uri: str) -> bool:
    """Say whether there is a store to look for earlier runs in; a forecast makes none."""
    database = database_of(uri)
    return database is None or database.is_file()
