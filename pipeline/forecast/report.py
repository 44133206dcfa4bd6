"""Time and memory that a report takes."""

from __future__ import annotations

from pipeline.forecast.cost import Cost
from pipeline.forecast.machine import Machine

FIGURES, FIGURES_A_BRAIN = 2, 8
MODEL_ROWS = 0.05  # figures' worth of tables for each tuned model
PAGE_BYTES, FIGURE_BYTES = 300_000, 150_000


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
