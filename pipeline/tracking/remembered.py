"""Finished runs that a command has read already: a study asks for each of them several times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import mlflow
from mlflow.entities import Run

#: Finished runs by their fingerprint; None where nothing is remembered.
_RUNS: ContextVar[dict[str, list[Run]] | None] = ContextVar("remembered", default=None)


@contextmanager
def runs_remembered() -> Iterator[None]:
    """Read every finished run once in this block: what is finished stays as it is."""
    token = _RUNS.set({})
    try:
        yield
    finally:
        _RUNS.reset(token)


def recall(fingerprint: str) -> list[Run]:
    """Give the runs that were remembered under a fingerprint; there may be none."""
    return (_RUNS.get() or {}).get(fingerprint, [])


def remember(fingerprint: str, runs: list[Run]) -> None:
    """Remember the finished runs with a fingerprint, where runs are remembered."""
    remembered = _RUNS.get()
    if remembered is not None:
        remembered[fingerprint] = runs


def forget_runs(fingerprint: str) -> None:
    """Have runs with a fingerprint looked for again: another one is about to be finished."""
    remember(fingerprint, [])


def run_with(run_id: str) -> Run:
    """Give a run by its id, as it is remembered or as the store has it.

    Raises
    ------
    MlflowException
        The store has no such run.
    """
    every = (run for runs in (_RUNS.get() or {}).values() for run in runs)
    return next((run for run in every if run.info.run_id == run_id), None) or mlflow.get_run(run_id)
