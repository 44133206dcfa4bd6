"""Runs that a store holds already: a study reuses them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.forecast.machine import Machine
from pipeline.forecast.planned import PlannedRun
from pipeline.forecast.run_cost import Cost
from pipeline.tracking.runs import Stage, finished_run
from pipeline.tracking.seals import is_whole

REUSE = 0.5  # bookkeeping of a run that is reused: it is looked up, and its seal compared


@dataclass
class EarlierRuns:
    """Finds the runs that a study would not make again.

    Parameters
    ----------
    machine : Machine
    has_store : bool
        Whether there is a store in which earlier runs may be found.
    """

    machine: Machine
    has_store: bool
    _once: set[str] = field(default_factory=set)

    def planned(self, run: PlannedRun, stage: Stage | None) -> PlannedRun:
        """Give a run, as reused where one of the same stage is finished."""
        return self.or_reused(run, self.finished(stage.fingerprint) if stage else "")

    def finished(self, mark: str) -> str:
        """Find the run that holds a result already; empty where there is none."""
        if not self.has_store:
            return ""
        return finished_run(mark, is_whole) or ""

    def or_reused(self, run: PlannedRun, run_id: str) -> PlannedRun:
        """Give a run, as reused where the id of an earlier one is known."""
        if not run_id:
            return run
        return replace(run, cost=Cost(REUSE * self.machine.bookkeeping), reuses=run_id)

    def is_first(self, name: str) -> bool:
        """Say whether a study makes something for the first time."""
        is_first = name not in self._once
        self._once.add(name)
        return is_first
