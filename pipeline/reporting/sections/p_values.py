"""The table of permutation tests: in how many subjects an accuracy is above chance."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import ROW_LABELS, Table, p_text, roi_grid, task_method_keys
from pipeline.reporting.views import View

LEVEL = 0.05
INTRO = (
    "Is 2v2 accuracy higher than where features and responses have nothing to do with each other? "
    "Whole stimulus groups (in shuffled folds single stimuli) are exchanged, and ridge is fitted "
    "again to every exchange in every fold, with layer and alpha chosen anew. p is the share of "
    "orders, the observed one among them, that score as high or higher; of a repeated split the "
    "first is tested. Subjects share stimuli, model and exchanges, so their p values depend on "
    "each other: twice the median is a p value for all subjects together, whatever the "
    "dependence (Rüger 1978); a product is not."
)


def p_value_means(p_values: pd.DataFrame) -> pd.DataFrame:
    """Summarise the p values of each cell over subjects.

    Parameters
    ----------
    p_values : DataFrame
        As ``StudyResults.p_values``, with rows.

    Returns
    -------
    DataFrame
        Keys of the cell, ``n_subjects``, ``significant`` (subjects with p of at most .05),
        ``median_p`` over subjects, ``together``, a p value for all of them, and
        ``permutations``, the fewest. Where there are several seeds, a subject counts with the
        largest p of them.

    Notes
    -----
    Subjects share stimuli, model and exchanges, so their p values are not independent, and a
    combination that takes them to be (Fisher's) would be too small. Twice the median is a p value
    under any dependence (Rüger 1978, Metrika 25: the k-th smallest of n p values times n / k), of
    the hypothesis that accuracy is at chance in every subject.
    """
    by_subject = p_values.groupby([*CELL_KEYS, "subject"], sort=False)
    worst = by_subject.agg(p=("p", "max"), permutations=("permutations", "min")).reset_index()
    means = (
        worst.assign(significant=worst["p"] <= LEVEL)
        .groupby(CELL_KEYS, sort=False)
        .agg(
            n_subjects=("p", "count"),
            significant=("significant", "sum"),
            median_p=("p", "median"),
            permutations=("permutations", "min"),
        )
        .reset_index()
    )
    factor = means["n_subjects"].map(lambda n: 1 if n == 1 else 2)
    return means.assign(together=(factor * means["median_p"]).clip(upper=1))


def p_value_table(view: View, p_values: pd.DataFrame) -> Table | None:
    """Show the permutation tests of one view: rows task x method, columns ROI.

    Parameters
    ----------
    view : View
    p_values : DataFrame
        As ``StudyResults.p_values``; may be empty.

    Returns
    -------
    Table or None
        None where no alignment of the view was asked for permutations.
    """
    rows = p_values if p_values.empty else view.rows_of(p_values)
    if rows.empty:
        return None
    means = p_value_means(rows)
    keys = task_method_keys(means)
    texts = roi_grid(means, ROW_LABELS, keys, _cell)
    return Table(
        name=f"p-values-{view.name}",
        title=view.titled("2v2 accuracy, permutation tests"),
        note=_note(means, rows["seed"].nunique() > 1),
        values=means,
        texts=texts,
        n_labels=2,
        models=tuple((view.base, *key) for key in keys),
    )


def joint_table(view: View, chance: pd.DataFrame) -> Table | None:
    """Show the tests of the mean over subjects: rows task x method, columns ROI.

    Parameters
    ----------
    view : View
    chance : DataFrame
        As ``StudyResults.chance``; may be empty. Of several seeds the largest p counts.

    Returns
    -------
    Table or None
        None where no alignment of the view was asked for permutations.
    """
    rows = chance if chance.empty else view.rows_of(chance[chance["permutations"] > 0])
    if rows.empty:
        return None
    worst = rows.groupby([*CELL_KEYS], sort=False)[["p", "p_family"]].max().reset_index()
    keys = task_method_keys(worst)
    return Table(
        name=f"joint-p-{view.name}",
        title=view.titled("2v2 accuracy, mean over subjects against permutations"),
        note=(
            "p of the mean over subjects, who are exchanged alike; in brackets p of the largest "
            "of all ROIs (maximum statistic), which holds the error rate over ROIs."
        ),
        values=worst,
        texts=roi_grid(worst, ROW_LABELS, keys, lambda c: f"{p_text(c.p)} ({p_text(c.p_family)})"),
        n_labels=2,
        models=tuple((view.base, *key) for key in keys),
    )


def _cell(cell: Any) -> str:
    if cell.n_subjects == 1:
        return p_text(cell.median_p)
    return f"{cell.significant}/{cell.n_subjects} ({p_text(cell.together)})"


def _note(means: pd.DataFrame, several_seeds: bool) -> str:
    n_subjects, permutations = int(means["n_subjects"].max()), int(means["permutations"].min())
    least = f"{permutations:,} exchanges, so that no p is below {p_text(1 / (1 + permutations))}."
    seeds = " Of several seeds, the largest p of each subject counts." if several_seeds else ""
    if n_subjects == 1:
        return f"p of the one subject, from {least}{seeds} Not corrected for the number of cells."
    return (
        f"In how many of {n_subjects} subjects p is at most {LEVEL}; in brackets p for all "
        f"together, twice the median. From {least}{seeds} Not corrected for the number of cells."
    )


def _content(results: StudyResults) -> Content:
    tables = [
        table
        for view in results.views
        for table in (
            joint_table(view, results.chance),
            p_value_table(view, results.p_values),
        )
    ]
    return Content(tuple(table for table in tables if table is not None), INTRO)


SECTION = Section("Permutation tests", ("p_values",), _content)
