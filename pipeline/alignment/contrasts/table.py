"""The contrasts of a study as tables: every cell, every subject, and one number overall."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.contrasts.calibrated import reason_against
from pipeline.alignment.contrasts.compared_pairs import (
    NEVER_TUNED,
    PRIMARY,
    PROMPTS_LESS_FULL,
    Pairs,
    compared,
    compared_as_they_are,
)
from pipeline.alignment.contrasts.estimate import Estimate, estimate
from pipeline.alignment.contrasts.families import benjamini_hochberg, holm, maximum_p
from pipeline.alignment.contrasts.group_scores import GroupScores, scores_of
from pipeline.alignment.contrasts.paired import Paired, mean_of, pair
from pipeline.alignment.contrasts.sign_flip import least_p, sign_flip_p
from pipeline.alignment.contrasts.trainings import training_spread
from pipeline.words import NO_TASK, ON_STIMULI

MINUS = " \u2212 "
LEVEL = 0.05
#: Where the cells of one number overall, and of one family, lie: they share subjects.
STUDY_KEY = ("modality", "brain", "simulated", "split", "direction")
#: A cell: the same stimuli and subjects, seen by the models of one base and task.
CELL_KEY = (*STUDY_KEY, "base", "task", "roi")
CONTRAST_KEY = ("contrast", "method_a", "method_b")
STATISTICS = (
    "difference", "low", "high", "p", "p_sign_flip", "least_p_sign_flip", "equivalent",
    "least_margin", "visible_from", "n_subjects", "n_groups", "n_seeds", "reason",
)  # fmt: skip
#: Standard deviation of a difference between trainings, and its 95 % interval.
BETWEEN_TRAININGS = ("training_sd", "training_low", "training_high")


@dataclass(frozen=True)
class Contrasts:
    """The contrasts of a study.

    Parameters
    ----------
    cells : DataFrame
        One row a cell and contrast: the columns of :data:`CELL_KEY`, :data:`CONTRAST_KEY`,
        family, :data:`STATISTICS`, :data:`BETWEEN_TRAININGS`, and p corrected within its family:
        p_holm, p_bh and p_max (by
        :func:`pipeline.alignment.contrasts.families.maximum_p`). Interval, p and what follows from
        them are NaN where ``reason`` says why; ``equivalent`` is then NA.
    subjects : DataFrame
        The same keys with subject and difference.
    overall : DataFrame
        One row for each of :data:`STUDY_KEY` and contrast: the mean over cells, with n_cells.
    families : DataFrame
        One row for each of :data:`STUDY_KEY`: the mean over the cells of the primary family, of
        all its contrasts, with n_cells, and how many of them have a corrected p of at most .05:
        n_holm, n_bh, n_max.
    """

    cells: pd.DataFrame
    subjects: pd.DataFrame
    overall: pd.DataFrame
    families: pd.DataFrame


def contrast_tables(
    sums: pd.DataFrame,
    prompts: Collection[str],
    margin: float,
    primary: Pairs = PROMPTS_LESS_FULL,
) -> Contrasts:
    """Compare the methods of a study, cell by cell and over all cells.

    Parameters
    ----------
    sums : DataFrame
        :data:`CELL_KEY`, method, and the columns of
        :func:`pipeline.alignment.contrasts.group_scores.scores_of`.
    prompts : collection of str
        Methods that train prompts only.
    margin : float
        Differences within ± this count as none.
    primary : tuple of (str, str)
        The study's primary family: see :func:`compared`.

    Raises
    ------
    AlignmentError
        Methods of one cell that have no subject, group or training in common.
    """
    subjects: list[dict[str, Any]] = []
    cells: list[_Compared] = []
    for cell, pairs in _paired_cells(sums, prompts, primary):
        for (family, first, second), paired in pairs.items():
            named = {**cell, **_names(first, second), "family": family}
            each = zip(paired.subjects, paired.subject_differences(), strict=True)
            subjects += [{**named, "subject": name, "difference": d} for name, d in each]
            cells.append(_Compared(named, paired))
    means = list(_means(cells, (*STUDY_KEY, *CONTRAST_KEY, "family")))
    primary_cells = [cell for cell in cells if cell.place["family"] == PRIMARY]
    families = list(_means(primary_cells, (*STUDY_KEY, "family")))
    table = _corrected(cells, margin)
    return Contrasts(
        table,
        pd.DataFrame(subjects),
        _corrected(means, margin),
        _counted(_corrected(families, margin), table),
    )


def _paired_cells(
    sums: pd.DataFrame, prompts: Collection[str], primary: Pairs
) -> Iterator[tuple[dict[str, Any], dict[tuple[str, str, str], Paired]]]:
    for key, rows in sums.groupby(list(CELL_KEY), sort=False):
        scores: dict[str, GroupScores] = {
            str(method): scores_of(own) for method, own in rows.groupby("method", sort=False)
        }
        cell = dict(zip(CELL_KEY, key, strict=True))
        listed = (
            compared_as_they_are(list(scores), primary)
            if cell["task"] == NO_TASK
            else compared(list(scores), prompts, primary)
        )
        yield cell, {names: _paired(str(cell["task"]), names, scores) for names in listed}


def _paired(task: str, names: tuple[str, str, str], scores: Mapping[str, GroupScores]) -> Paired:
    """Pair two methods, or two regimes in their place, and say whether folds have own versions."""
    _, first, second = names
    tuned = {first, second} - set(NEVER_TUNED)
    learned = {task, *tuned} if tuned else set()
    in_folds = not learned.isdisjoint(ON_STIMULI)
    return replace(pair(scores[first], scores[second]), tuned_in_folds=in_folds)


def _names(first: str, second: str) -> dict[str, str]:
    return {"contrast": f"{first}{MINUS}{second}", "method_a": first, "method_b": second}


@dataclass(frozen=True)
class _Compared:
    """A contrast, or a mean of some, and what names it."""

    place: Mapping[str, Any]
    paired: Paired


def _means(cells: Sequence[_Compared], keys: Sequence[str]) -> Iterator[_Compared]:
    """Average over the cells that share these keys, in the order they come."""
    shared: dict[tuple[Any, ...], list[Paired]] = {}
    for cell in cells:
        shared.setdefault(tuple(cell.place[key] for key in keys), []).append(cell.paired)
    for place, pairs in shared.items():
        named = dict(zip(keys, place, strict=True))
        yield _Compared({**named, "n_cells": len(pairs)}, mean_of(pairs))


def _statistics(
    estimate: Estimate, differences: NDArray[np.float64], place: Mapping[str, Any], margin: float
) -> dict[str, Any]:
    counts = {
        "n_subjects": estimate.n_subjects,
        "n_groups": estimate.n_groups,
        "n_seeds": estimate.n_seeds,
        "p_sign_flip": sign_flip_p(differences),
        "least_p_sign_flip": least_p(estimate.n_subjects),
    }
    reason = reason_against(estimate, str(place["split"]))
    if reason:
        unknown = dict.fromkeys(("low", "high", "p", "least_margin", "visible_from"), np.nan)
        tested: dict[str, Any] = {**unknown, "equivalent": None}
    else:
        low, high = estimate.interval()
        tested = {
            "low": low,
            "high": high,
            "p": estimate.p(),
            "least_margin": estimate.least_margin(),
            "visible_from": estimate.visible_from(),
            "equivalent": estimate.least_margin() <= margin,
        }
    return {"difference": estimate.difference, **counts, **tested, "reason": reason}


def _between_trainings(paired: Paired) -> dict[str, float]:
    """Give the standard deviation between trainings with its interval; NaN for fewer than three."""
    spread = training_spread(paired.difference)
    values = spread.deviations if spread else (np.nan, np.nan, np.nan)
    return dict(zip(BETWEEN_TRAININGS, values, strict=True))


def _corrected(compared_cells: Sequence[_Compared], margin: float) -> pd.DataFrame:
    """Test every contrast, and correct p values within families."""
    if not compared_cells:
        return pd.DataFrame()
    estimates = [estimate(one.paired) for one in compared_cells]
    rows = [
        {
            **one.place,
            **_statistics(of_one, one.paired.subject_differences(), one.place, margin),
            **_between_trainings(one.paired),
        }
        for one, of_one in zip(compared_cells, estimates, strict=True)
    ]
    table = pd.DataFrame(rows).astype({"equivalent": "boolean"})
    families = table.groupby([*STUDY_KEY, "family"], sort=False)
    largest = np.full(len(table), np.nan)
    for _, own in families:
        tested = own.index[own.p.notna()]
        largest[tested] = maximum_p(
            [compared_cells[n].paired for n in tested], [estimates[n] for n in tested]
        )
    return table.assign(
        p_holm=families.p.transform(holm),
        p_bh=families.p.transform(benjamini_hochberg),
        p_max=largest,
    )


def _counted(families: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Count the cells of each family that pass each correction."""
    if families.empty:
        return families
    keys = [*STUDY_KEY, "family"]
    passed = {f"n_{name}": cells[f"p_{name}"] <= LEVEL for name in ("holm", "bh", "max")}
    counts = cells[keys].assign(**passed).groupby(keys, sort=False).sum().reset_index()
    bare = families.drop(columns=["p_holm", "p_bh", "p_max"])
    return bare.merge(counts, on=keys, validate="1:1")
