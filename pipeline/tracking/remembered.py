"""Finished runs that a command has read already: a study asks for each of them several times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import mlflow
from mlflow.entities import Run

MARK = "fingerprint"  # the tag of a finished run


@dataclass
class _Memory:
    """Finished runs: all that have a fingerprint, and single ones by their ids."""

    with_fingerprint: dict[str, list[Run]] = field(default_factory=dict)
    by_id: dict[str, Run] = field(default_factory=dict)


_MEMORY: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def runs_remembered() -> Iterator[None]:
    """Read every finished run once in this block: what is finished stays as it is."""
    if _MEMORY.get() is not None:  # a stage of a study
        yield
        return
    token = _MEMORY.set(_Memory())
    try:
        yield
    finally:
        _MEMORY.reset(token)


def recall(fingerprint: str) -> list[Run]:
    """Give the runs that were remembered under a fingerprint; there may be none."""
    memory = _MEMORY.get()
    return memory.with_fingerprint.get(fingerprint, []) if memory else []


def remember(fingerprint: str, runs: list[Run]) -> None:
    """Remember the finished runs with a fingerprint, where runs are remembered."""
    memory = _MEMORY.get()
    if memory is not None:
        memory.with_fingerprint[fingerprint] = runs
        memory.by_id |= {run.info.run_id: run for run in runs}


def forget_runs(fingerprint: str) -> None:
    """Have runs with a fingerprint looked for again: one was changed, or is about to finish."""
    memory = _MEMORY.get()
    if memory is not None:
        memory.with_fingerprint.pop(fingerprint, None)
        others = memory.by_id.items()
        memory.by_id = {i: run for i, run in others if run.data.tags.get(MARK) != fingerprint}


def run_with(run_id: str) -> Run:
    """Give a run by its id, as it is remembered or as the store has it.

    Raises
    ------
    MlflowException
        The store has no such run.
    """
    memory = _MEMORY.get()
    if memory is not None and run_id in memory.by_id:
        return memory.by_id[run_id]
    run = mlflow.get_run(run_id)
    if memory is not None and run.info.status == "FINISHED":
        memory.by_id[run_id] = run
    return run
