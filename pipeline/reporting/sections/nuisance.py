"""Section on what models explain beyond nuisance features such as the length of a sentence."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS, by_unit, mean_and_error
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import (
    ROW_LABELS,
    Table,
    error_words,
    plus_minus,
    roi_grid,
    roi_heading,
    task_method_keys,
)
from pipeline.reporting.views import View

NOTE = (
    "2v2 accuracy of ridge from a layer and all nuisance features together (equal weight) minus "
    "that of the nuisance features alone"
)


def unique_table(view: View, unique: pd.DataFrame) -> Table | None:
    """Show the unique part of each model of one view: rows task x method, columns ROI.

    Parameters
    ----------
    view : View
    unique : DataFrame
        As ``StudyResults.unique``; may be empty.

    Returns
    -------
    Table or None
        None where the view has none: decoding, or without nuisance features.
    """
    rows = view.rows_of(unique) if not unique.empty else unique
    if rows.empty:
        return None
    means = mean_and_error(by_unit(rows, CELL_KEYS, "unique"), CELL_KEYS, "unique")
    texts = roi_grid(
        means,
        ROW_LABELS,
        task_method_keys(means),
        lambda c: plus_minus(c.mean, c.standard_error, signed=True),
    )
    alone = rows.groupby("roi", sort=False)["nuisance"].mean()
    alone_texts = {roi_heading(roi): f"{accuracy:.3f}" for roi, accuracy in alone.items()}
    last = pd.DataFrame([{"task": "nuisance features alone", "method": "", **alone_texts}])
    table = pd.concat([texts, last], ignore_index=True)
    return Table(
        name=f"unique-{view.name}",
        title=f"Beyond nuisance features, {view.title[0].lower()}{view.title[1:]}",
        note=f"{NOTE}: mean ± {error_words(means)}. Last row: 2v2 accuracy, chance 0.5.",
        values=means,
        texts=table,
        n_labels=2,
    )


def _content(results: StudyResults) -> Content:
    tables = [unique_table(view, results.unique) for view in results.views]
    return Content(
        tuple(table for table in tables if table is not None),
        "What a model explains that the length and place of a sentence, or the brightness and "
        "pixels of a picture, do not.",
    )


SECTION = Section("Beyond nuisance features", ("unique",), _content)
