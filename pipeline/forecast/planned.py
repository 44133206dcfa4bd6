"""The runs that a study would make, and why some of them cannot be made here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import Problem
from pipeline.forecast.facts import Room
from pipeline.forecast.run_cost import Cost, total

GB = 1e9
#: What a stage's memory can be lowered by.
_REMEDIES = {
    "base": "Free memory, or choose a smaller base.",
    "tune": "Lower tune's tokens_at_once, pass gradient_checkpointing: true, choose a method that "
    "trains less or a smaller base, or free memory.",
    "minimal-pairs": "Free memory.",
    "extract": "Lower align's tokens_at_once, or free memory.",
    "reference": "Pass workers: 1 under align, or free memory.",
    "align": "Pass workers: 1 or a smaller rois_per_unit under align, or free memory.",
    "report": "Free memory.",
}


@dataclass(frozen=True)
class PlannedRun:
    """A run that a study would make, or one that it would reuse.

    Parameters
    ----------
    stage : str
        'base', 'tune', 'minimal-pairs', 'extract', 'reference', 'align' or 'report'.
    title : str
    cost : Cost or None
        None where nobody can know it before what is missing is there.
    reuses : str
        Id of the run that holds the result already; empty for one that is to be made.
    assumed : bool
        Whether sizes are those published, because the files are not here yet.
    """

    stage: str
    title: str
    cost: Cost | None
    reuses: str = ""
    assumed: bool = False


def costs_of(runs: Sequence[PlannedRun]) -> Cost:
    """Sum up what is known of runs that follow one another."""
    return total(run.cost for run in runs if run.cost)


def size_problems(runs: Sequence[PlannedRun], room: Room) -> Iterator[Problem]:
    """Find the runs for which the machine has not enough memory, or the disk not enough room."""
    yield from _too_much_memory(runs, room.memory)
    yield from _too_much_disk(runs, room.disk)


def _too_much_memory(runs: Sequence[PlannedRun], free: float) -> Iterator[Problem]:
    """Name the largest run of each stage that does not fit, and say how many others do not."""
    for stage, remedy in _REMEDIES.items():
        of_stage = [run for run in runs if run.stage == stage and run.cost and not run.reuses]
        unfit = [(run.cost.memory, run) for run in of_stage if run.cost and run.cost.memory > free]
        if unfit:
            memory, largest = max(unfit, key=lambda pair: pair[0])
            others = f", and {len(unfit) - 1} more" if len(unfit) > 1 else ""
            yield Problem(
                f"{largest.title}{others}",
                f"at most {free / GB:.1f} GB, the memory that is free here",
                f"an estimate of {memory / GB:.1f} GB",
                remedy,
            )


def _too_much_disk(runs: Sequence[PlannedRun], free: float) -> Iterator[Problem]:
    """Name the first run that finds no room beside what the study has stored by then."""
    stored = 0.0
    for run in runs:
        cost = run.cost or Cost(0.0)
        needed = stored + cost.scratch + cost.stored
        stored += cost.stored
        if needed > free:
            yield Problem(
                run.title,
                f"at most {free / GB:.1f} GB, what is free where the store lies",
                f"an estimate of {needed / GB:.1f} GB that the study takes by then",
                "Free room, set MLFLOW_TRACKING_URI to a store elsewhere, or divide the study.",
            )
            return
