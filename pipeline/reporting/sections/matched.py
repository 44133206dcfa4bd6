"""Differences between methods at equal task score."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import contrast_in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, interval, number
from pipeline.reporting.views import View, slug

INTRO = (
    "Each method is taken where its training first reaches a task score (validation split), "
    "between the two versions on either side of it, and only at scores that both methods reach. "
    "Task scores are taken as measured: their own error is not in the intervals."
)


def matched_blocks(view: View, matched: pd.DataFrame) -> list[Table]:
    """Show the contrasts of one view at each task score, and their mean over scores.

    Parameters
    ----------
    view : View
    matched : DataFrame
        As ``StudyResults.matched``.
    """
    rows = view.rows_of(matched).reset_index(drop=True)
    if rows.empty:
        return []
    texts = [
        {
            "task": row.task,
            "difference": contrast_in_words(row.method_a, row.method_b),
            "at equal score": _level(row.level, row.metric, row.difference),
            "2v2": number(row.difference, signed=True),
            "95 % interval": row.reason if pd.isna(row.low) else interval(row.low, row.high),
        }
        for row in rows.itertuples()
    ]
    name, title = f"matched-{view.name}", f"At equal task score, {view.title}"
    note = "Difference in 2v2 accuracy, mean over ROIs and subjects."
    return [Table(slug(name), title, note, rows, pd.DataFrame(texts), n_labels=3)]


def _level(level: float, metric: str, difference: float) -> str:
    if not pd.isna(level):
        return f"{metric} {number(level)}"
    return MISSING if pd.isna(difference) else "mean over scores"


def _content(results: StudyResults) -> Content:
    tables = [t for view in results.main_views for t in matched_blocks(view, results.matched)]
    return Content(tuple(tables), INTRO)


SECTION = Section("Methods at equal task score", ("matched",), _content, folded=False)
