"""The tables of a study, each as numbers to reuse and as text to read."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.table import (
    CEILING_LABEL,
    CEILING_NOTE,
    DAGGER,
    MISSING,
    Table,
    Unconverged,
    error_words,
    plus_minus,
    roi_heading,
)
from pipeline.reporting.views import View, slug


def task_table(base: str, summary: pd.DataFrame) -> Table:
    """Show the task scores of one base: rows task, columns method (the form of Tables I, II).

    Parameters
    ----------
    base : str
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.task_summary` returns it; higher is better.

    Returns
    -------
    Table
    """
    rows = summary[summary["base"] == base]
    methods = ordered_methods(rows["method"])
    texts, bolds = [], []
    keys = rows[["metric", "task"]].drop_duplicates().sort_values("metric", kind="stable")
    for metric, task in keys.itertuples(index=False, name=None):
        cells = rows[(rows["metric"] == metric) & (rows["task"] == task)]
        by_method = {cell.method: cell for cell in cells.itertuples()}
        best = _shown_value(cells["mean"].max())
        text, bold = {"metric": metric, "task": task}, {}
        for method in methods:
            cell = by_method.get(method)
            text[method] = MISSING if cell is None else _task_cell(cell)
            bold[method] = cell is not None and _shown_value(cell.mean) == best
        texts.append(text)
        bolds.append(bold)
    note = (
        "Score on the test examples ± bootstrap standard error over them"
        + (", mean over seeds" if rows["n_seeds"].max() > 1 else "")
        + ". Higher is better; best of a row in bold."
        + (f" {DAGGER} did not converge." if not rows["converged"].all() else "")
    )
    return Table(
        name=slug(f"task-scores-{base}"),
        title=f"Task score: base {base}",
        note=note,
        values=rows.reset_index(drop=True),
        shown=pd.DataFrame(texts),
        bold=pd.DataFrame(bolds),
        n_labels=2,
    )


def cost_table(summary: pd.DataFrame) -> Table:
    """Show what each method trains and stores, per base (the largest over tasks and seeds)."""
    columns = ["trainable_parameters", "total_parameters", "bytes_stored"]
    values = summary.groupby(["base", "method"], sort=False)[columns].max().reset_index()
    values["trainable_share"] = values["trainable_parameters"] / values["total_parameters"]
    texts = []
    for base, rows in values.groupby("base", sort=False):
        by_method = {row.method: row for row in rows.itertuples()}
        for method in ordered_methods(by_method):
            row = by_method[method]
            texts.append(
                {
                    "base": base,
                    "method": method,
                    "trainable parameters": f"{int(row.trainable_parameters):,}",
                    "share of all": f"{100 * row.trainable_share:.3g} %",
                    "stored": _bytes(row.bytes_stored),
                }
            )
    shown = pd.DataFrame(texts)
    bold = pd.DataFrame(False, index=shown.index, columns=shown.columns[2:])
    note = "Largest over tasks and seeds. Stored: what one tuned model adds to the registry."
    return Table("cost", "What each method trains and stores", note, values, shown, bold, 2)


def two_vs_two_table(
    view: View,
    summary: pd.DataFrame,
    ceilings: Mapping[str, float],
    unconverged: Unconverged,
) -> Table:
    """Show 2v2 accuracies of one view: rows task x method, columns ROI (Tables III to VIII).

    Parameters
    ----------
    view : View
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.
    ceilings : mapping of str to float
        ROI -> split-half ceiling, mean over subjects; empty where unknown.
    unconverged : frozenset
        Models to mark with a dagger.

    Returns
    -------
    Table
    """
    rows = view.rows_of(summary)
    rois = list(dict.fromkeys(rows["roi"]))
    methods = ordered_methods(rows["method"])
    texts, bolds = [], []
    for task, of_task in rows.groupby("task", sort=False):
        cells = {(c.method, c.roi): c for c in of_task.itertuples()}
        best = {roi: _shown_value(max_of(of_task, roi)) for roi in rois}
        for method in methods:
            mark = f" {DAGGER}" if (view.base, task, method) in unconverged else ""
            text, bold = {"task": task, "method": f"{method}{mark}"}, {}
            for roi in rois:
                cell = cells.get((method, roi))
                head = roi_heading(roi)
                text[head] = MISSING if cell is None else plus_minus(cell.mean, cell.standard_error)
                bold[head] = cell is not None and _shown_value(cell.mean) == best[roi]
            texts.append(text)
            bolds.append(bold)
    if any(roi in ceilings for roi in rois):
        top = [f"{ceilings[roi]:.3f}" if roi in ceilings else MISSING for roi in rois]
        heads = [roi_heading(roi) for roi in rois]
        texts.append({"task": CEILING_LABEL, "method": "", **dict(zip(heads, top, strict=True))})
        bolds.append(dict.fromkeys(heads, False))
    marked = any((view.base, c.task, c.method) in unconverged for c in rows.itertuples())
    return Table(
        name=view.name,
        title=view.title,
        note=f"Mean ± {error_words(rows)}. Chance is 0.5; best of each task and ROI in bold."
        + (f" {CEILING_NOTE}" if ceilings else "")
        + (f" {DAGGER} the tuned model did not converge." if marked else ""),
        values=rows.reset_index(drop=True),
        shown=pd.DataFrame(texts),
        bold=pd.DataFrame(bolds),
        n_labels=2,
    )


def max_of(rows: pd.DataFrame, roi: str) -> float:
    """Give the highest mean in an ROI."""
    return float(rows.loc[rows["roi"] == roi, "mean"].max())


def _task_cell(cell: tuple[object, ...]) -> str:
    mean, error, converged = (
        getattr(cell, name) for name in ("mean", "standard_error", "converged")
    )
    return plus_minus(mean, error) + ("" if converged else f" {DAGGER}")


def _shown_value(mean: float) -> float:
    # Two scores that read the same in the table are equally good.
    return round(float(mean), 3)


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
