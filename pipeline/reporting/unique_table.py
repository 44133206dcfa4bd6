"""What models explain beyond nuisance features such as the length of a sentence."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS, by_unit, mean_and_error
from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.table import MISSING, Table, error_words, plus_minus, roi_heading
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
        Columns in ``pipeline.reporting.inputs.UNIQUE_COLUMNS``; may be empty.

    Returns
    -------
    Table or None
        None where the view has none: decoding, or without nuisance features.
    """
    rows = view.rows_of(unique) if not unique.empty else unique
    if rows.empty:
        return None
    means = mean_and_error(by_unit(rows, CELL_KEYS, "unique"), CELL_KEYS, "unique")
    cells = {(cell.task, cell.method, cell.roi): cell for cell in means.itertuples()}
    rois = list(dict.fromkeys(means["roi"]))
    texts: list[dict[str, str]] = []
    for task in dict.fromkeys(means["task"]):
        for method in ordered_methods(means["method"]):
            found = [cells.get((task, method, roi)) for roi in rois]
            shown = [
                MISSING if c is None else plus_minus(c.mean, c.standard_error, signed=True)
                for c in found
            ]
            texts.append({"task": task, "method": method, **_by_heading(rois, shown)})
    alone = rows.groupby("roi")["nuisance"].mean()
    texts.append(
        {
            "task": "nuisance features alone",
            "method": "",
            **_by_heading(rois, [f"{alone[roi]:.3f}" for roi in rois]),
        }
    )
    table = pd.DataFrame(texts)
    return Table(
        name=f"unique-{view.name}",
        title=f"Beyond nuisance features, {view.title[0].lower()}{view.title[1:]}",
        note=f"{NOTE}: mean ± {error_words(means)}. Last row: 2v2 accuracy, chance 0.5.",
        values=means,
        shown=table,
        bold=pd.DataFrame(False, index=table.index, columns=table.columns[2:]),
        n_labels=2,
    )


def _by_heading(rois: list[str], texts: list[str]) -> dict[str, str]:
    return {roi_heading(roi): text for roi, text in zip(rois, texts, strict=True)}
