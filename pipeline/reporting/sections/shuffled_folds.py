"""Section on shuffled folds: the leak of stimulus groups, made visible in 2v2 accuracies."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import ROW_LABELS, Table, plus_minus, roi_grid, task_method_keys
from pipeline.reporting.views import View, slug

KEYS = [key for key in CELL_KEYS if key != "split"]


def split_gaps(brain_scores: pd.DataFrame) -> pd.DataFrame:
    """Take accuracies in grouped folds from those in shuffled ones.

    Returns
    -------
    DataFrame
        One row per base, brain, direction, ROI, task and method that has both: ``shuffled`` and
        ``grouped`` 2v2 accuracies (means over folds, then subjects), ``gap``, its
        ``standard_error`` over subjects (NaN for a single one: the folds of the two splits do not
        pair) and ``n_subjects``.
    """
    by_subject = brain_scores.groupby([*KEYS, "subject", "split"], sort=False)["two_vs_two"].mean()
    sides = by_subject.unstack("split").reset_index()
    if not {"shuffled", "grouped"} <= set(sides.columns):
        return pd.DataFrame(
            columns=[*KEYS, "shuffled", "grouped", "gap", "standard_error", "n_subjects"]
        )
    both = sides.dropna(subset=["shuffled", "grouped"])
    both = both.assign(gap=both["shuffled"] - both["grouped"])
    return (
        both.groupby(KEYS, sort=False)
        .agg(
            shuffled=("shuffled", "mean"),
            grouped=("grouped", "mean"),
            gap=("gap", "mean"),
            standard_error=("gap", "sem"),
            n_subjects=("gap", "count"),
        )
        .reset_index()
    )


def leak_sentence(gaps: pd.DataFrame) -> str:
    """Say in a sentence how far shuffled folds are above grouped ones."""
    by_direction = gaps.groupby("direction")[["shuffled", "grouped"]].mean()
    gaps_in_words = " and ".join(
        f"{row.shuffled:.3f} instead of {row.grouped:.3f} when {direction}"
        for direction, row in by_direction.iterrows()
    )
    return (
        "Shuffled folds train on stimuli of the very groups they test, so whatever the stimuli of "
        "a group share besides their meaning counts as success. Mean 2v2 accuracy is "
        f"{gaps_in_words}. Only the grouped folds say what holds for new stimuli."
    )


def leak_table(view: View, gaps: pd.DataFrame) -> Table | None:
    """Show shuffled minus grouped for one view: rows task x method, columns ROI.

    Parameters
    ----------
    view : View
        Of shuffled folds.
    gaps : DataFrame
        From :func:`split_gaps`.

    Returns
    -------
    Table or None
        None for other views, or where there are no grouped folds beside it.
    """
    rows = view.rows_of(gaps)
    if view.split != "shuffled" or rows.empty:
        return None
    texts = roi_grid(
        rows,
        ROW_LABELS,
        task_method_keys(rows),
        lambda c: plus_minus(c.gap, c.standard_error, signed=True),
    )
    several = int(rows["n_subjects"].max()) > 1
    error = f": mean ± standard error over {rows['n_subjects'].max()} subjects" if several else ""
    what = f"{view.direction} 2v2 accuracy: {view.subjects}, {view.whose}"
    return Table(
        name=slug(f"leak-{view.direction}-{view.brain}-{view.base}"),
        title=f"Shuffled minus grouped folds, {what}",
        note=f"Accuracy in shuffled minus accuracy in grouped folds of the same stimuli{error}.",
        values=rows.reset_index(drop=True),
        texts=texts,
        n_labels=2,
    )


def _content(results: StudyResults) -> Content:
    gaps = split_gaps(results.brain_scores)
    tables = [leak_table(view, gaps) for view in results.views]
    present = tuple(table for table in tables if table is not None)
    return Content(present, leak_sentence(gaps) if present else "")


SECTION = Section("What shuffled folds add", ("brain_scores",), _content)
