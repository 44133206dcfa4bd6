"""Grounds in the trainings: whether they were finished, taught anything, and had equal budgets."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pipeline.reporting.ground import Ground
from pipeline.reporting.methods import in_words

_MODEL = ["base", "task", "method"]


def training_grounds(task_scores: pd.DataFrame, summary: pd.DataFrame) -> Iterator[Ground]:
    """Say what the trainings of a study give reason to believe or to doubt.

    Parameters
    ----------
    task_scores : DataFrame
        A row a model and metric, with ``stopped`` (empty if unknown), ``slope``, ``examples``
        that were used in all, and ``budget`` (empty for a model that was not trained).
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.task_summary` returns it.
    """
    trained = task_scores[task_scores["budget"] != ""]
    if trained.empty:
        return
    models = summary.drop_duplicates(_MODEL).merge(trained[_MODEL].drop_duplicates(), on=_MODEL)
    yield _finished(trained, models)
    idle = int(models["no_better"].sum())
    if idle:
        verb = "is not better than its" if idle == 1 else "are not better than their"
        text = f"{idle} of {len(models)} tuned models {verb} base (95 %)."
        yield Ground(text, doubtful=True)
    yield _budgets(trained)


def _finished(trained: pd.DataFrame, models: pd.DataFrame) -> Ground:
    unknown = int((trained.drop_duplicates(_MODEL)["stopped"] == "").sum())
    falling = int(models["unfinished"].sum())
    if falling:
        steepest = -float(trained.loc[trained["stopped"] == "budget", "slope"].min())
        return Ground(
            f"Unfinished trainings are compared: {falling} of {len(models)} were ended by their "
            f"budget with validation loss still falling, by up to {steepest:.2g} in 100 steps.",
            doubtful=True,
        )
    if unknown:
        text = f"Of {unknown} of {len(models)} trainings it is not known what ended them."
        return Ground(text, doubtful=True)
    return Ground(f"All {len(models)} trainings ended with no lower loss in sight.", doubtful=False)


def _budgets(trained: pd.DataFrame) -> Ground:
    """Say whether the methods of each task were allowed the same."""
    by_task = trained.groupby(["base", "task"], sort=False)
    unequal = [(name, rows) for name, rows in by_task if rows["budget"].nunique() > 1]
    if not unequal:
        known = dict.fromkeys(trained["budget"])
        most = f": {next(iter(known))} at most" if len(known) == 1 else ""
        text = f"All methods of a task were given the same budget{most}{_used(trained)}."
        return Ground(text, doubtful=False)
    (_, task), rows = unequal[0]
    cases = rows.drop_duplicates(["method", "budget"]).itertuples()
    allowed = "; ".join(f"{in_words(row.method)} {row.budget}" for row in cases)
    return Ground(
        f"Methods were given unequal budgets in {len(unequal)} of {by_task.ngroups} tasks "
        f"({task}: {allowed}){_used(trained)}.",
        doubtful=True,
    )


def _used(trained: pd.DataFrame) -> str:
    """Say how many examples a training used, its search among them, where all are known."""
    examples = trained["examples"]
    if examples.isna().any():
        return ""
    fewest, most = int(examples.min()), int(examples.max())
    counts = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return f"; each used {counts} examples, those of its search included"
