"""Regimes of a study: differences between them, and how well each model learned its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import mlflow
import pandas as pd

from pipeline.alignment.contrasts.table import contrast_tables
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered, resolve
from pipeline.tracking.registry import TASK_SCORE
from pipeline.tracking.stages.align.assembled import versions_behind
from pipeline.tracking.stages.report.cells import key_of
from pipeline.tracking.stages.report.settings import budget
from pipeline.tuning.methods import METHODS
from pipeline.words import MODEL, NO_TASK, ON_STIMULI

BASE = "base"


def regime_contrasts(sums: Mapping[Link, pd.DataFrame], margin: float) -> dict[str, pd.DataFrame]:
    """Compare what a base was tuned on, by one method at a time.

    Parameters
    ----------
    sums : mapping of Link to DataFrame
        As :func:`pipeline.tracking.stages.report.cells.sums_of` reads them.
    margin : float
        Differences in 2v2 accuracy within ± this count as none.

    Returns
    -------
    dict of str to DataFrame
        ``regime_contrasts``, cell by cell, and ``regime_overall``, their mean over ROIs, methods
        and bases, as :class:`pipeline.alignment.contrasts.table.Contrasts` has them; but the method
        stands in the place of the task, and tasks and regimes in that of methods. Nothing where all
        models were tuned on one thing, or no regime but 'task' is there.
    """
    every = [own[own.source == MODEL] for own in sums.values()]
    rows = pd.concat([pd.DataFrame(columns=["task"]), *every], ignore_index=True)
    rows = rows[rows.task != NO_TASK]
    learned = [task for task in dict.fromkeys(rows.task) if task not in ON_STIMULI]
    learned += [regime for regime in ON_STIMULI if regime in set(rows.task)]
    if len(learned) < 2 or not set(learned) & set(ON_STIMULI):
        return {}
    exchanged = pd.concat(_exchanged(rows), ignore_index=True)
    pairs = tuple((later, earlier) for earlier, later in combinations(learned, 2))
    contrasts = contrast_tables(exchanged, (), margin, pairs)
    return {"regime_contrasts": contrasts.cells, "regime_overall": contrasts.overall}


def _exchanged(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Put methods in the place of tasks, and what was learned in that of methods.

    The untuned base, which is the same whatever it is compared with, stands beside every method.
    """
    untuned = rows[rows.method == BASE]
    once = untuned.groupby(["base", "brain"], sort=False).task.transform("first")
    untuned = untuned[untuned.task == once].assign(method=BASE)
    for method in dict.fromkeys(rows.method):
        if METHODS[method].recipes:
            own = rows[rows.method == method]
            yield own.assign(method=own.task, task=method)
            yield untuned[untuned.base.isin(own.base)].assign(task=method)


def regime_rows(
    links: Sequence[Link], models: Mapping[str, Registered]
) -> Iterator[dict[str, Any]]:
    """Give rows of task scores for models that were tuned in a regime: means over their folds.

    Parameters
    ----------
    links : sequence of Link
    models : mapping of str to Registered
        By URI.
    """
    by_key: dict[tuple[Any, ...], tuple[Registered, dict[str, Registered]]] = {}
    for link in links:
        registered = models[link.model]
        if registered.names["task"] in ON_STIMULI:
            uris = versions_behind(link.align_run) or [registered.uri]
            key = tuple(registered.names.values())
            _, versions = by_key.setdefault(key, (registered, {}))
            versions |= {uri: resolve(uri) for uri in uris}
    for registered, several in by_key.values():
        yield {**key_of(registered), **_row(list(several.values()))}


def _row(versions: Sequence[Registered]) -> dict[str, Any]:
    first, n = versions[0], len(versions)
    runs = [mlflow.get_run(version.run_id).data for version in versions]
    scores = pd.Series([float(version.tags["validation_score"]) for version in versions])
    slopes = pd.Series([run.metrics.get("loss/validation_slope", math.nan) for run in runs])
    endings = {version.tags.get("stopped", "") for version in versions}
    names = dict.fromkeys(version.name for version in versions)
    return {
        "metric": f"{first.tags[TASK_SCORE].partition(' ')[0]} (inside folds)",
        "score": scores.mean(),
        "score_sd_error": scores.sem() if n > 1 else math.nan,
        "model": ", ".join(
            f"{name} v{'/'.join(v.version for v in versions if v.name == name)}" for name in names
        ),
        **{
            size: max(int(version.tags[size]) for version in versions)
            for size in ("trainable_parameters", "total_parameters", "bytes_stored")
        },
        "beats_base": "",
        "stopped": "budget" if "budget" in endings else min(endings),
        "slope": slopes.mean(),
        "examples": sum(run.metrics.get("examples", math.nan) for run in runs),
        "budget": budget(runs[0].params) if int(first.tags["trainable_parameters"]) else "",
        "modality": first.tags["modality"],
        "trains_prompts_only": METHODS[first.tags["method"]].trains_prompts_only,
    }
