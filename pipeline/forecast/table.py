"""The forecast as text: a line for each run, then their sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.errors import Problem
from pipeline.forecast.facts import Room
from pipeline.forecast.planned import GB, PlannedRun, costs_of
from pipeline.forecast.run_cost import Cost

MB = 1e6
HEADER = f"{'':<8}{'minutes':>8}{'memory':>9}{'disk':>9}{'stored':>9}  run"


def forecast_text(
    name: str, runs: Sequence[PlannedRun], missing: Sequence[Problem], room: Room
) -> str:
    """Write a forecast.

    Parameters
    ----------
    name : str
        Of the study.
    runs : sequence of PlannedRun
    missing : sequence of Problem
        What is not here yet, and where to place it.
    room : Room
    """
    lines = [HEADER, *(_line(run) for run in runs), "", _summary(name, runs, room)]
    if any(run.assumed for run in runs):
        lines.append("~ by published sizes or the settings' limits, for what is not here yet")
    if any(run.cost is None for run in runs):
        lines.append("? cannot be known before what is missing is here: the sum is of the others")
    if missing:
        lines += ["", f"Missing, {len(missing)}:"]
        lines += [f"  {number}. {problem}" for number, problem in enumerate(missing, start=1)]
    return "\n".join(lines)


def _line(run: PlannedRun) -> str:
    state = "reused" if run.reuses else "new"
    title = f"{run.title} (run {run.reuses})" if run.reuses else run.title
    if run.cost is None:
        return f"{state:<8}{'?':>8}{'?':>9}{'?':>9}{'?':>9}  {title}"
    mark = "~" if run.assumed and not run.reuses else ""
    minutes = f"{mark}{run.cost.seconds / 60:.1f}"
    return f"{state:<8}{minutes:>8}{_sizes(run.cost)}  {title}"


def _sizes(cost: Cost) -> str:
    return "".join(f"{size(n):>9}" for n in (cost.memory, cost.scratch, cost.stored))


def size(n_bytes: float) -> str:
    """Write a number of bytes in the unit that suits it."""
    return f"{n_bytes / GB:.1f} GB" if n_bytes >= GB / 10 else f"{n_bytes / MB:.1f} MB"


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    if seconds < 120 * 60:
        return f"{seconds / 60:.1f} minutes"
    hours = seconds / 3600
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"


def _summary(name: str, runs: Sequence[PlannedRun], room: Room) -> str:
    cost = costs_of(runs)
    states = Counter("reused" if run.reuses else "new" for run in runs)
    stages = Counter(run.stage for run in runs if not run.reuses)
    listed = ", ".join(f"{count} {stage}" for stage, count in stages.items())
    return (
        f"{name}: {len(runs)} runs, {states['reused']} reused, {states['new']} new"
        f"{f' ({listed})' if listed else ''}\n"
        f"about {duration(cost.seconds)} one after another; at most {size(cost.memory)} of "
        f"{size(room.memory)} memory; {size(cost.scratch)} of {size(room.disk)} disk, of which "
        f"{size(cost.stored)} stay"
    )
