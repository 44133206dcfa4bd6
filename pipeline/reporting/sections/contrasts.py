"""The table of paired differences between methods."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.reporting.methods import ordered_methods, pairs_to_compare
from pipeline.reporting.table import Table, error_words, plus_minus, roi_grid
from pipeline.reporting.views import View

#: A difference counts as one when it is more than this many standard errors from zero.
STANDARD_ERRORS = 2.0
LABELS = ("task", "difference")
MINUS = " \u2212 "


def beyond_error(contrasts: pd.DataFrame) -> pd.Series:
    """Say for each contrast whether it is more than two standard errors from zero.

    A contrast without a standard error never is.
    """
    return contrasts["mean"].abs() > STANDARD_ERRORS * contrasts["standard_error"]


def contrast_table(view: View, contrasts: pd.DataFrame) -> Table | None:
    """Show the paired differences of one view: rows task x pair of methods, columns ROI.

    Parameters
    ----------
    view : View
    contrasts : DataFrame
        As :func:`pipeline.reporting.aggregate.contrasts` returns it.

    Returns
    -------
    Table or None
        None where the view has no two methods to compare.
    """
    rows = view.rows_of(contrasts)
    if rows.empty:
        return None
    pairs = pairs_to_compare(ordered_methods([*rows["subtrahend"], *rows["minuend"]]))
    named = rows.assign(
        difference=rows["minuend"] + MINUS + rows["subtrahend"], beyond=beyond_error(rows)
    )
    keys = [(task, MINUS.join(pair)) for task in dict.fromkeys(rows["task"]) for pair in pairs]
    shown = roi_grid(named, LABELS, keys, _contrast_cell)
    bold = roi_grid(named, LABELS, keys, lambda c: bool(c.beyond), absent=False)
    return Table(
        name=f"differences-{view.name}",
        title=f"Paired differences, {view.title[0].lower()}{view.title[1:]}",
        note=_note(rows),
        values=rows.reset_index(drop=True),
        shown=shown,
        bold=bold[shown.columns[2:]],
        n_labels=2,
    )


def _contrast_cell(cell: Any) -> str:
    written = plus_minus(cell.mean, cell.standard_error, signed=True)
    if cell.n_subjects == 1:
        return written
    return f"{written} ({cell.subjects_positive}/{cell.n_subjects})"


def _note(rows: pd.DataFrame) -> str:
    n_subjects = int(rows["n_subjects"].max())
    in_brackets = " In brackets: in how many subjects it is positive." if n_subjects > 1 else ""
    return (
        "Difference of 2v2 accuracies, paired over subject and fold: mean ± "
        f"{error_words(rows)}.{in_brackets} "
        "Bold: more than two standard errors from zero, not corrected for the number of cells."
    )
