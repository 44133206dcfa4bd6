"""The contrasts of a study as tables: every cell, every subject, and one number overall."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.contrasts.calibrated import reason_against
from pipeline.alignment.contrasts.estimate import Estimate, estimate
from pipeline.alignment.contrasts.families import benjamini_hochberg, holm
from pipeline.alignment.contrasts.group_scores import GroupScores, scores_of
from pipeline.alignment.contrasts.paired import Paired, mean_of, pair
from pipeline.alignment.contrasts.sign_flip import least_p, sign_flip_p
from pipeline.words import FEATURE_CONTROLS

MINUS = " \u2212 "
#: What every other method is compared with, where the study has it.
CONTROLS = ("full", "base", "untrained", "random-prompt", *FEATURE_CONTROLS)
#: Where the cells of one number overall, and of one family, lie: they share subjects.
STUDY_KEY = ("modality", "brain", "simulated", "split", "direction")
#: A cell: the same stimuli and subjects, seen by the models of one base and task.
CELL_KEY = (*STUDY_KEY, "base", "task", "roi")
CONTRAST_KEY = ("contrast", "method_a", "method_b")
STATISTICS = (
    "difference", "low", "high", "p", "p_sign_flip", "least_p_sign_flip", "equivalent",
    "least_margin", "visible_from", "n_subjects", "n_groups", "n_seeds", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Contrasts:
    """The contrasts of a study.

    Parameters
    ----------
    cells : DataFrame
        One row a cell and contrast: the columns of :data:`CELL_KEY`, :data:`CONTRAST_KEY`,
        family, :data:`STATISTICS`, p_holm and p_bh. Interval, p and what follows from them are
        NaN where ``reason`` says why; ``equivalent`` is then NA.
    subjects : DataFrame
        The same keys with subject and difference.
    overall : DataFrame
        One row for each of :data:`STUDY_KEY` and contrast: the mean over cells, with n_cells.
    """

    cells: pd.DataFrame
    subjects: pd.DataFrame
    overall: pd.DataFrame


def contrast_tables(sums: pd.DataFrame, prompts: Collection[str], margin: float) -> Contrasts:
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

    Raises
    ------
    AlignmentError
        Methods of one cell that have no subject, group or training in common.
    """
    rows, subjects = [], []
    overall: dict[tuple[Any, ...], list[Paired]] = {}
    for cell, pairs in _paired_cells(sums, prompts):
        for (family, first, second), paired in pairs.items():
            named = {**cell, **_names(first, second), "family": family}
            differences = paired.subject_differences()
            rows.append({**named, **_statistics(estimate(paired), differences, cell, margin)})
            each = zip(paired.subjects, differences, strict=True)
            subjects += [{**named, "subject": name, "difference": d} for name, d in each]
            place = (*(cell[name] for name in STUDY_KEY), family, first, second)
            overall.setdefault(place, []).append(paired)
    means = list(_overall(overall, margin))
    return Contrasts(_corrected(rows), pd.DataFrame(subjects), _corrected(means))


def compared(methods: Sequence[str], prompts: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """List the contrasts of methods, each with its family.

    Parameters
    ----------
    methods : sequence of str
    prompts : collection of str
        Methods that train prompts only: less ``full``, they are the primary family.

    Yields
    ------
    tuple of str
        Family, first method and second method, of which the second is subtracted.
    """
    for control in CONTROLS:
        for method in methods:
            if control not in methods or method == control:
                continue
            if method in CONTROLS[CONTROLS.index(control) :]:
                continue  # each pair of controls once, as in full less base
            if {method, control} <= set(FEATURE_CONTROLS):
                continue  # neither is a model
            primary = control == "full" and method in prompts
            yield ("primary" if primary else f"less {control}"), method, control


def _paired_cells(
    sums: pd.DataFrame, prompts: Collection[str]
) -> Iterator[tuple[dict[str, Any], dict[tuple[str, str, str], Paired]]]:
    for key, rows in sums.groupby(list(CELL_KEY), sort=False):
        scores: dict[str, GroupScores] = {
            str(method): scores_of(own) for method, own in rows.groupby("method", sort=False)
        }
        pairs = {
            names: pair(scores[names[1]], scores[names[2]])
            for names in compared(list(scores), prompts)
        }
        yield dict(zip(CELL_KEY, key, strict=True)), pairs


def _names(first: str, second: str) -> dict[str, str]:
    return {"contrast": f"{first}{MINUS}{second}", "method_a": first, "method_b": second}


def _overall(cells: dict[tuple[Any, ...], list[Paired]], margin: float) -> Iterator[dict[str, Any]]:
    for (*place, family, first, second), pairs in cells.items():
        mean = mean_of(pairs)
        named = dict(zip(STUDY_KEY, place, strict=True))
        differences = mean.subject_differences()
        yield {
            **named,
            **_names(first, second),
            "family": family,
            "n_cells": len(pairs),
            **_statistics(estimate(mean), differences, named, margin),
        }


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


def _corrected(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Correct p values within families."""
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).astype({"equivalent": "boolean"})
    families = table.groupby([*STUDY_KEY, "family"], sort=False).p
    return table.assign(
        p_holm=families.transform(holm), p_bh=families.transform(benjamini_hochberg)
    )
