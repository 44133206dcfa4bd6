"""The cost of one run, and that of a report, which no other stage resembles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.forecast.machine import Machine

FIGURES, FIGURES_A_BRAIN = 2, 8
MODEL_ROWS = 0.05  # figures' worth of tables for each tuned model
PAGE_BYTES, FIGURE_BYTES = 300_000, 150_000


@dataclass(frozen=True)
class Cost:
    """What one run takes while it runs, and what it leaves.

    Parameters
    ----------
    seconds : float
    memory : float
        Most bytes that are held at once, by all processes of the run.
    scratch : float
        Bytes on disk that are removed when the run ends.
    stored : float
        Bytes that stay in the store.
    """

    seconds: float
    memory: float = 0.0
    scratch: float = 0.0
    stored: float = 0.0


def total(costs: Iterable[Cost]) -> Cost:
    """Sum up runs that follow one another: time and what is stored add up, the rest does not.

    Returns
    -------
    Cost
        ``scratch`` is the most disk that is needed beyond today's at any time: what earlier runs
        have stored and what the present one writes.
    """
    seconds = memory = disk = stored = 0.0
    for cost in costs:
        disk = max(disk, stored + cost.scratch + cost.stored)
        seconds, stored = seconds + cost.seconds, stored + cost.stored
        memory = max(memory, cost.memory)
    return Cost(seconds, memory, disk, stored)


def report_cost(n_models: int, n_brains: int, machine: Machine) -> Cost:
    """Estimate the report of a study.

    Parameters
    ----------
    n_models, n_brains : int
        Tuned models, and brain datasets that they are aligned with.
    machine : Machine
    """
    figures = FIGURES + FIGURES_A_BRAIN * n_brains + MODEL_ROWS * n_models * n_brains
    stored = PAGE_BYTES + FIGURE_BYTES * figures
    return Cost(
        2 * machine.bookkeeping + figures * machine.figure, machine.process_memory, stored, stored
    )
