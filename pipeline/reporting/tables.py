"""The tables of a study, each as numbers to reuse and as text to read."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.reporting.ceilings import KINDS, Ceilings, fraction_note, fraction_of_ceiling
from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.table import (
    CHANCE,
    DAGGER,
    MISSING,
    Table,
    Unconverged,
    error_words,
    plus_minus,
    roi_heading,
)
from pipeline.reporting.views import View, slug

OF_CEILING = "of ceiling"


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
    view: View, summary: pd.DataFrame, ceilings: Ceilings, unconverged: Unconverged
) -> Table:
    """Show 2v2 accuracies of one view: rows task x method, columns ROI (Tables III to VIII).

    Parameters
    ----------
    view : View
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.
    ceilings : dict
        As :func:`pipeline.reporting.ceilings.ceilings_of` gives them: a row for each kind, and
        a column with the share of the first kind that is reached.
    unconverged : frozenset
        Models to mark with a dagger.

    Returns
    -------
    Table
    """
    kind = next(iter(ceilings), "")
    rows = _with_fraction(view.rows_of(summary).reset_index(drop=True), ceilings.get(kind, {}))
    rois = list(dict.fromkeys(rows["roi"]))
    heads = [roi_heading(roi) for roi in rois]
    texts, bolds = [], []
    for task, of_task in rows.groupby("task", sort=False):
        best = {roi: _shown_value(max_of(of_task, roi)) for roi in rois}
        for method in ordered_methods(rows["method"]):
            mark = f" {DAGGER}" if (view.base, task, method) in unconverged else ""
            cells = of_task[of_task["method"] == method]
            text, bold = _accuracy_row(cells, rois, best)
            if kind:
                text[OF_CEILING], bold[OF_CEILING] = _fraction_text(cells), False
            texts.append({"task": task, "method": f"{method}{mark}", **text})
            bolds.append(bold)
    for name, known in ceilings.items():
        shown = [f"{known[roi]:.3f}" if roi in known else MISSING for roi in rois]
        cells = {**dict(zip(heads, shown, strict=True)), OF_CEILING: ""}
        texts.append({"task": f"{name} ceiling", "method": "", **cells})
        bolds.append(dict.fromkeys(cells, False))
    marked = any((view.base, c.task, c.method) in unconverged for c in rows.itertuples())
    notes = [
        f"Mean ± {error_words(rows)}. Chance is 0.5; best of each task and ROI in bold.",
        *(KINDS[name] for name in ceilings),
        *([fraction_note(kind, ceilings[kind])] if kind else []),
        *([f"{DAGGER} the tuned model did not converge."] if marked else []),
    ]
    return Table(
        name=view.name,
        title=view.title,
        note=" ".join(notes),
        values=rows,
        shown=pd.DataFrame(texts),
        bold=pd.DataFrame(bolds),
        n_labels=2,
    )


def _with_fraction(rows: pd.DataFrame, ceiling: Mapping[str, float]) -> pd.DataFrame:
    """Add ceiling and share of it, empty where there is none; nothing without any ceiling."""
    if not ceiling:
        return rows
    known = rows["roi"].map(ceiling).astype(float)
    return rows.assign(ceiling=known, fraction_of_ceiling=fraction_of_ceiling(rows["mean"], known))


def _accuracy_row(
    cells: pd.DataFrame, rois: list[str], best: Mapping[str, float]
) -> tuple[dict[str, str], dict[str, bool]]:
    by_roi = {cell.roi: cell for cell in cells.itertuples()}
    text, bold = {}, {}
    for roi in rois:
        cell, head = by_roi.get(roi), roi_heading(roi)
        text[head] = MISSING if cell is None else plus_minus(cell.mean, cell.standard_error)
        bold[head] = cell is not None and _shown_value(cell.mean) == best[roi]
    return text, bold


def _fraction_text(cells: pd.DataFrame) -> str:
    usable = cells[cells["fraction_of_ceiling"].notna()]
    if usable.empty:
        return MISSING
    fraction = (usable["mean"] - CHANCE).sum() / (usable["ceiling"] - CHANCE).sum()
    return f"{fraction:.2f}".replace("-", "\u2212")


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
