"""The trials of a search in Optuna's journal, which outlives the processes that work on it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import optuna

WORKER = "worker"  # the attribute of a trial that says which process is at it
POLL = 0.5  # seconds between two looks at what other processes are doing


class Trials:
    """Hands out trials one at a time, to this process and to others with the same journal.

    A process holds a lock for as long as it works, which the system releases when the process is
    killed. A running trial whose lock is free is therefore nobody's, and is started again with the
    same values. What a trial tries depends on the seed and on the trials before it, not on how
    often the search was interrupted.

    Parameters
    ----------
    journal : Path
    ranges : mapping of str to Optuna distribution
    n_trials : int
        How many to finish in all.
    seed : int
    pruner : Optuna pruner
    """

    def __init__(
        self,
        journal: Path,
        ranges: Mapping[str, optuna.distributions.BaseDistribution],
        n_trials: int,
        seed: int,
        pruner: optuna.pruners.BasePruner,
    ) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.ranges = dict(ranges)
        self.n_trials = n_trials
        self.seed = seed
        self.folder = journal.parent
        self.worker = uuid4().hex
        self.life = self._life_of(self.worker)
        self.turn = FileLock(journal.with_suffix(".turn"))
        with self.turn:
            self.study = optuna.create_study(
                storage=optuna.storages.JournalStorage(JournalFileBackend(str(journal))),
                study_name="search",
                pruner=pruner,
                load_if_exists=True,
            )
        self.trial: optuna.Trial | None = None

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
                self._free_abandoned()
                left = [trial for trial in self.study.trials if trial.state.name != "FAIL"]
                waiting = any(trial.state.name == "WAITING" for trial in left)
                if waiting or len(left) < self.n_trials:
                    return self._ask(len(left))
                if not any(trial.state.name == "RUNNING" for trial in left):
                    return None
            time.sleep(POLL)

    def falls_behind(self, step: int, loss: float) -> bool:
        """Report a validation loss of the started trial, and say whether the trial should end."""
        trial = self._started()
        trial.report(loss, step)
        return bool(trial.should_prune())

    def finish(self, kind: str, loss: float) -> None:
        """Record how the started trial ended; a loss that is not finite counts as the worst."""
        import optuna

        trial = self._started()
        trial.set_user_attr("outcome", kind)
        if kind == "pruned":
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self.study.tell(trial, loss)
        self.trial = None

    def best(self) -> dict[str, float] | None:
        """Give the values of the lowest loss; None if there is none that is finite."""
        complete = [trial for trial in self.study.trials if trial.state.name == "COMPLETE"]
        finite = [trial for trial in complete if math.isfinite(trial.value)]
        return min(finite, key=lambda trial: trial.value).params if finite else None

    def _ask(self, place: int) -> tuple[int, dict[str, float]]:
        import optuna

        # the same for the same place in the search, whoever is asked and after whatever accident
        self.study.sampler = optuna.samplers.TPESampler(seed=1_000_003 * self.seed + place)
        trial = self.study.ask(self.ranges)
        trial.set_user_attr(WORKER, self.worker)
        self.trial = trial
        return trial.number, trial.params

    def _free_abandoned(self) -> None:
        """Put the trials of processes that are gone back into the queue."""
        import optuna

        for trial in self.study.trials:
            if trial.state.name == "RUNNING" and self._is_gone(trial.user_attrs.get(WORKER)):
                self.study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
                if trial.params.keys() == self.ranges.keys():
                    self.study.enqueue_trial(trial.params)

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

    def _started(self) -> optuna.Trial:
        if self.trial is None:
            raise AssertionError("no trial was started")
        return self.trial
