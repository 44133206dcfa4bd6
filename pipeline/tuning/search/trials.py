"""The trials of a search in Optuna's journal, which outlives the processes that work on it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import optuna

WORKER = "worker"  # the attribute of a trial that says which process is at it
PLACE = "place"  # the attribute of a trial that says which of the values it tries
STEPS = "steps"  # the attribute of a trial that says how many it took
POLL = 0.5  # seconds between two looks at what other processes are doing


class Trials:
    """Hands out trials one at a time, to this process and to others with the same journal.

    A process holds a lock for as long as it works, which the system releases when the process is
    killed. A running trial whose lock is free is therefore nobody's, and is started again with the
    same values. What is tried is settled before the first trial, so it depends neither on how often
    the search is interrupted nor on how many processes share it.

    Parameters
    ----------
    journal : Path
    ranges : mapping of str to Optuna distribution
    values : sequence of mapping of str to float
        What each trial tries, in order.
    pruner : Optuna pruner
    """

    def __init__(
        self,
        journal: Path,
        ranges: Mapping[str, optuna.distributions.BaseDistribution],
        values: Sequence[Mapping[str, float]],
        pruner: optuna.pruners.BasePruner,
    ) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.ranges = dict(ranges)
        self.values = values
        self.folder = journal.parent
        self.worker = uuid4().hex
        self.life = self._life_of(self.worker)
        self.turn = FileLock(journal.with_suffix(".turn"))
        with self.turn:
            self.study = optuna.create_study(
                storage=optuna.storages.JournalStorage(JournalFileBackend(str(journal))),
                study_name="search",
                sampler=optuna.samplers.RandomSampler(seed=0),  # which has nothing left to draw
                pruner=pruner,
                load_if_exists=True,
            )
        self.started: tuple[optuna.Trial, ...] = ()

    def __enter__(self) -> Self:
        self.life.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.life.release()

    def start(self) -> tuple[int, dict[str, float]] | None:
        """Start a trial: its number and values, or None when all are finished.

        Waits for the trials of other processes: one of them may be the best, or be left over.
        """
        while True:
            with self.turn:
                self._fail_abandoned()
                self._queue_missing()
                states = {trial.state.name for trial in self.study.trials}
                if "WAITING" in states:
                    return self._next()
                if "RUNNING" not in states:
                    return None
            time.sleep(POLL)

    def falls_behind(self, step: int, loss: float) -> bool:
        """Report a validation loss of the started trial, and say whether the trial should end."""
        (trial,) = self.started
        trial.report(loss, step)
        return bool(trial.should_prune())

    def finish(self, kind: str, loss: float, steps: int) -> None:
        """Record how the started trial ended; a loss that is not finite counts as the worst."""
        import optuna

        (trial,) = self.started
        trial.set_user_attr("outcome", kind)
        trial.set_user_attr(STEPS, steps)
        if kind == "pruned":
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self.study.tell(trial, loss)
        self.started = ()

    def best(self) -> dict[str, float] | None:
        """Give the values of the lowest loss; None if there is none that is finite."""
        complete = [trial for trial in self.study.trials if trial.state.name == "COMPLETE"]
        finite = [trial for trial in complete if math.isfinite(trial.value)]
        return min(finite, key=lambda trial: trial.value).params if finite else None

    def steps(self) -> int:
        """Add up the steps of all trials that ended, whichever process they ran in."""
        return sum(trial.user_attrs.get(STEPS, 0) for trial in self.study.trials)

    def _next(self) -> tuple[int, dict[str, float]]:
        trial = self.study.ask(self.ranges)
        trial.set_user_attr(WORKER, self.worker)
        self.started = (trial,)
        return trial.user_attrs[PLACE], trial.params

    def _queue_missing(self) -> None:
        """Put in the queue what no trial tries: everything at first, later what was left over."""
        trials = [trial for trial in self.study.trials if trial.state.name != "FAIL"]
        places = {trial.user_attrs[PLACE] for trial in trials}
        for place, values in enumerate(self.values):
            if place not in places:
                self.study.enqueue_trial(dict(values), user_attrs={PLACE: place})

    def _fail_abandoned(self) -> None:
        """Give up the trials of processes that are gone."""
        import optuna

        for trial in self.study.trials:
            if trial.state.name == "RUNNING" and self._is_gone(trial.user_attrs.get(WORKER)):
                self.study.tell(trial.number, state=optuna.trial.TrialState.FAIL)

    def _is_gone(self, worker: str | None) -> bool:
        if worker is None:
            return True
        if worker == self.worker:
            return False
        try:
            with self._life_of(worker).acquire(timeout=0):
                return True
        except Timeout:
            return False

    def _life_of(self, worker: str) -> FileLock:
        return FileLock(self.folder / f"{worker}.alive")
