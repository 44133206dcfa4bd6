"""The table of paired differences between methods."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import ordered_methods, pairs_to_compare
from pipeline.reporting.table import MISSING, Table, error_words, plus_minus, roi_heading
from pipeline.reporting.views import View

#: A difference counts as one when it is more than this many standard errors from zero.
STANDARD_ERRORS = 2.0


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
    rois = list(dict.fromkeys(rows["roi"]))
    pairs = pairs_to_compare(ordered_methods([*rows["subtrahend"], *rows["minuend"]]))
    flagged = rows.assign(beyond=beyond_error(rows))
    texts, bolds = [], []
    for task, of_task in flagged.groupby("task", sort=False):
        cells = {(c.minuend, c.subtrahend, c.roi): c for c in of_task.itertuples()}
        for minuend, subtrahend in pairs:
            text = {"task": task, "difference": f"{minuend} \u2212 {subtrahend}"}
            bold = {}
            for roi in rois:
                cell = cells.get((minuend, subtrahend, roi))
                head = roi_heading(roi)
                text[head] = MISSING if cell is None else _contrast_cell(cell)
                bold[head] = cell is not None and bool(cell.beyond)
            texts.append(text)
            bolds.append(bold)
    return Table(
        name=f"differences-{view.name}",
        title=f"Paired differences, {view.title[0].lower()}{view.title[1:]}",
        note=_note(rows),
        values=rows.reset_index(drop=True),
        shown=pd.DataFrame(texts),
        bold=pd.DataFrame(bolds),
        n_labels=2,
    )


def _contrast_cell(cell: tuple[object, ...]) -> str:
    mean, error, positive, n_subjects = (
        getattr(cell, name)
        for name in ("mean", "standard_error", "subjects_positive", "n_subjects")
    )
    written = plus_minus(mean, error, signed=True)
    return written if n_subjects == 1 else f"{written} ({positive}/{n_subjects})"


def _note(rows: pd.DataFrame) -> str:
    n_subjects = int(rows["n_subjects"].max())
    in_brackets = " In brackets: in how many subjects it is positive." if n_subjects > 1 else ""
    return (
        "Difference of 2v2 accuracies, paired over subject and fold: mean ± "
        f"{error_words(rows)}.{in_brackets} "
        "Bold: more than two standard errors from zero, not corrected for the number of cells."
    )
