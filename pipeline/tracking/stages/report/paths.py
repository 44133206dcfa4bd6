"""Scores along paths of versions: from a base to full, and on the way of trainings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.alignment.contrasts.matched import Step, matched_contrasts
from pipeline.config import contrasts_of
from pipeline.data import TASKS
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.stages.report.cells import cell_of
from pipeline.tuning.methods import PROMPT_METHODS
from pipeline.words import MODEL


def path_scores(
    sums: Mapping[Link, pd.DataFrame], models: Mapping[str, Registered]
) -> pd.DataFrame:
    """Put task score and brain score of every version along a path beside each other.

    Parameters
    ----------
    sums : mapping of Link to DataFrame
        Of versions along paths: see :func:`pipeline.tracking.stages.report.cells.sums_of`.
    models : mapping of str to Registered
        By URI.

    Returns
    -------
    DataFrame
        path, place, base, task, method, seed, brain, simulated, direction, split, subject, metric,
        validation (the task's deciding score), and two_vs_two, mean over ROIs.
    """
    tables = [pd.DataFrame()]
    place = ["direction", "split", "subject"]
    for link, own in sums.items():
        of_model = own[own.source == MODEL]
        won = of_model.groupby([*place, "roi"], sort=False)[["wins", "pairs"]].sum()
        accuracy = (won.wins / won.pairs).rename("two_vs_two")
        means = accuracy.groupby(place, sort=False).mean().reset_index()
        cell = {**cell_of(link, models[link.model]), **_task_score(models[link.model])}
        tables.append(means.assign(path=link.path, place=link.place, **cell))
    return pd.concat(tables, ignore_index=True)


def matched_table(
    sums: Mapping[Link, pd.DataFrame],
    models: Mapping[str, Registered],
    margin: float,
    family: str,
) -> pd.DataFrame:
    """Compare the methods of the primary family at equal validation score, task by task.

    Parameters
    ----------
    sums : mapping of Link to DataFrame
        Of versions along paths; those on the way of trainings count.
    models : mapping of str to Registered
    margin : float
        Differences in 2v2 accuracy within ± this count as none.
    family : str
        As in :class:`pipeline.config.ReportConfig`.

    Returns
    -------
    DataFrame
        base, task and metric beside the columns of
        :func:`pipeline.alignment.contrasts.matched.matched_contrasts`.
    """
    cells: dict[tuple[str, str, str], dict[str, dict[str, list[Step]]]] = {}
    for link, own in sorted(sums.items(), key=lambda pair: pair[0].place):
        if link.path == "step":
            registered = models[link.model]
            names = registered.names
            trainings = cells.setdefault((names["base"], names["task"], link.brain), {})
            steps = trainings.setdefault(names["method"], {}).setdefault(names["seed"], [])
            score = float(_task_score(registered)["validation"])
            steps.append(Step(score, own[own.source == MODEL]))
    tables = [
        matched_contrasts(methods, PROMPT_METHODS, margin, contrasts_of(family)).assign(
            base=base, task=task, metric=TASKS[task].scores[0]
        )
        for (base, task, _), methods in cells.items()
    ]
    return pd.concat([pd.DataFrame(), *tables], ignore_index=True)


def _task_score(registered: Registered) -> dict[str, Any]:
    task = registered.names["task"]
    return {
        "metric": TASKS[task].scores[0],
        "validation": float(registered.tags["validation_score"]),
    }
