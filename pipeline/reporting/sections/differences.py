"""Every difference between two methods, cell by cell, with its interval."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.reporting.methods import contrast_in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, interval, number, roi_grid
from pipeline.reporting.views import View

LABELS = ("task", "difference")
VISIBLE = "*"
#: A difference is called visible when its p value, corrected over the family, is at most this.
LEVEL = 0.05
INTRO = (
    "The difference in 2v2 accuracy between two tuned versions, over subjects and new stimulus "
    "groups like these, at this training size. With a single subject it is of that subject alone."
)


def difference_table(view: View, contrasts: pd.DataFrame) -> Table | None:
    """Show the differences of one view: rows task x pair of methods, columns ROI.

    Parameters
    ----------
    view : View
    contrasts : DataFrame
        As ``StudyResults.contrasts``.

    Returns
    -------
    Table or None
        None where the view has no two methods to compare. A cell without an interval prints why.
    """
    rows = view.rows_of(contrasts)
    if rows.empty:
        return None
    named = rows.drop(columns="difference").assign(
        size=rows["difference"],
        difference=[contrast_in_words(c.method_a, c.method_b) for c in rows.itertuples()],
    )
    pairs = list(dict.fromkeys(named["difference"]))
    keys = [(task, pair) for task in dict.fromkeys(rows["task"]) for pair in pairs]
    present = set(zip(named["task"], named["difference"], strict=True))
    return Table(
        name=f"differences-{view.name}",
        title=view.titled("difference"),
        note=(
            "Difference in 2v2 accuracy, 95 % interval in brackets, or why there is none. "
            f"{VISIBLE} p of at most {LEVEL} after Holm's correction over the family of cells."
        ),
        values=rows.reset_index(drop=True),
        texts=roi_grid(named, LABELS, [key for key in keys if key in present], _cell),
        n_labels=2,
    )


def _cell(cell: Any) -> str:
    size = number(cell.size, signed=True)
    if pd.isna(cell.low):
        return f"{size} ({cell.reason})"
    mark = f" {VISIBLE}" if cell.p_holm <= LEVEL else ""
    return f"{size} [{interval(cell.low, cell.high)}]{mark}"


def _content(results: StudyResults) -> Content:
    place = {roi: n for n, roi in enumerate(dict.fromkeys(results.brain_scores["roi"]))}
    ordered = results.contrasts.sort_values("roi", key=lambda roi: roi.map(place), kind="stable")
    tables = [difference_table(view, ordered) for view in results.views]
    return Content(tuple(table for table in tables if table is not None), INTRO)


SECTION = Section("Every difference", ("contrasts",), _content)
