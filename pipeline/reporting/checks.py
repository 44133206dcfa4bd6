"""Checks of the frames of a study: all that is missing or impossible, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from pipeline.errors import Problem
from pipeline.words import NO_TASK

#: Columns of accuracies and of p values by permutation, in whatever frame they are.
ACCURACIES = ("two_vs_two", "two_vs_two_within", "rank_accuracy")
P_VALUE = "p"


@dataclass(frozen=True)
class FrameForm:
    """What a frame must hold.

    Parameters
    ----------
    columns : tuple of str
    key : tuple of str
        What makes a row one measurement: a second row with the same key is a mistake. Empty: rows
        may repeat.
    may_be_nan : tuple of str
        Columns in which a value may be missing.
    needed : bool
        Whether it must have rows. Others are checked where they have some.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    may_be_nan: tuple[str, ...] = ()
    needed: bool = False


def results_problems(frames: Mapping[str, tuple[pd.DataFrame, FrameForm]]) -> Iterator[Problem]:
    """Yield everything that keeps the frames of a study from being reported.

    Parameters
    ----------
    frames : mapping of str to (DataFrame, FrameForm)
        By the name of the field of ``StudyResults``.
    """
    for name, (frame, form) in frames.items():
        if form.needed or not frame.empty:
            yield from _problems_of(name, frame, form)
    layers = frames["layer_profile"][0]
    if "layer" in layers.columns and not is_numeric_dtype(layers["layer"]):
        yield Problem(
            "layer_profile: layer",
            "numbers, which an axis can show",
            f"such as '{layers['layer'].iloc[0]}'",
            "Number the layers from 0, the embedding.",
        )
    tasks, brains = frames["task_scores"][0], frames["brain_scores"][0]
    if "task" in tasks.columns and "task" in brains.columns:
        yield from _unscored_tasks(tasks, brains)


def _problems_of(name: str, frame: pd.DataFrame, form: FrameForm) -> Iterator[Problem]:
    if frame.empty:
        yield Problem(name, "at least one row", "none", "Run the earlier stages first.")
        return
    missing = [column for column in form.columns if column not in frame.columns]
    if missing:
        yield Problem(
            f"{name}: columns",
            ", ".join(form.columns),
            f"no {', '.join(missing)}",
            "Add the missing columns.",
        )
    filled = [c for c in form.columns if c in frame.columns and c not in form.may_be_nan]
    yield from _missing_values(name, frame, filled)
    for accuracy in ACCURACIES:
        if accuracy in frame.columns:
            yield from _impossible_accuracies(name, frame, accuracy)
    if {P_VALUE, "permutations"} <= set(frame.columns):
        yield from _impossible_p_values(name, frame)
    if not missing and form.key:
        yield from _repeated_rows(name, frame, list(form.key))


def _repeated_rows(name: str, frame: pd.DataFrame, key: list[str]) -> Iterator[Problem]:
    repeated = int(frame.duplicated(key).sum())
    if repeated:
        yield Problem(
            f"{name}: rows",
            f"one row for each {', '.join(key)}",
            f"{repeated} repeated",
            "Name one run of each, or give models that differ names of their own and align them "
            "again; averaging them here would hide which one is right.",
        )


def _missing_values(name: str, frame: pd.DataFrame, columns: list[str]) -> Iterator[Problem]:
    for column in columns:
        values = frame[column]
        bad = values.isna() | values.isin([np.inf, -np.inf])
        if bad.any():
            yield Problem(
                f"{name}: {column}",
                "a value in every row",
                f"NaN or infinite in {int(bad.sum())} of {len(frame)} rows",
                "Find the run that logged it; leave the rows out only if you say so.",
            )


def _impossible_accuracies(name: str, frame: pd.DataFrame, accuracy: str) -> Iterator[Problem]:
    values = pd.to_numeric(frame[accuracy], errors="coerce")
    outside = values[(values < 0) | (values > 1)]
    if len(outside):
        yield Problem(
            f"{name}: {accuracy}",
            "accuracies from 0 to 1",
            f"{len(outside)} outside, such as {outside.iloc[0]:g}",
            "Give fractions, not percentages.",
        )


def _impossible_p_values(name: str, frame: pd.DataFrame) -> Iterator[Problem]:
    values = pd.to_numeric(frame[P_VALUE], errors="coerce")
    outside = values[(values <= 0) | (values > 1)]
    if len(outside):
        yield Problem(
            f"{name}: {P_VALUE}",
            "p values above 0 and at most 1",
            f"{len(outside)} outside, such as {outside.iloc[0]:g}",
            "Count the observed order among the permutations: then no p value is 0.",
        )


def _unscored_tasks(task_scores: pd.DataFrame, brain_scores: pd.DataFrame) -> Iterator[Problem]:
    known = {NO_TASK, *task_scores["task"]}
    unscored = [task for task in brain_scores["task"].unique() if task not in known]
    if unscored:
        yield Problem(
            "brain_scores: task",
            "tasks that task_scores lists too",
            f"no task score, and so no modality, for {', '.join(map(str, unscored))}",
            "Add their task scores, or leave these brain scores out.",
        )
