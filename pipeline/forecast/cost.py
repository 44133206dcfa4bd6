"""The cost of one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
