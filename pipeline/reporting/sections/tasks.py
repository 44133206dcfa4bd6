"""Section on tasks: the scores of each tuned model, and what it cost."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import in_words, ordered_methods
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import DAGGER, DOUBLE_DAGGER, MISSING, Table, plus_minus
from pipeline.reporting.views import slug

UNFINISHED = "ended by the budget of steps, its validation loss still falling"


def task_table(base: str, summary: pd.DataFrame) -> Table:
    """Show the task scores of one base: rows task, columns method (the form of Tables I, II).

    Parameters
    ----------
    base : str
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.task_summary` returns it; higher is better.
    """
    rows = summary[summary["base"] == base]
    methods = ordered_methods(rows["method"])
    texts = []
    keys = rows[["metric", "task"]].drop_duplicates().sort_values("metric", kind="stable")
    for metric, task in keys.itertuples(index=False, name=None):
        cells = rows[(rows["metric"] == metric) & (rows["task"] == task)]
        by_method = {cell.method: cell for cell in cells.itertuples()}
        text = {"metric": metric, "task": task}
        for method in methods:
            cell = by_method.get(method)
            text[in_words(method)] = MISSING if cell is None else _task_cell(cell)
        texts.append(text)
    note = (
        "Score on the test examples ± bootstrap standard error over them"
        + (", mean over seeds" if rows["n_seeds"].max() > 1 else "")
        + ". Higher is better."
        + (f" {DAGGER} not better than its base (95 %)." if rows["no_better"].any() else "")
        + (f" {DOUBLE_DAGGER} {UNFINISHED}." if rows["unfinished"].any() else "")
    )
    return Table(
        name=slug(f"task-scores-{base}"),
        title=f"Task score: base {base}",
        note=note,
        values=rows.reset_index(drop=True),
        texts=pd.DataFrame(texts),
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
                    "method": in_words(method),
                    "trainable parameters": f"{int(row.trainable_parameters):,}",
                    "share of all": f"{100 * row.trainable_share:.3g} %",
                    "stored": _bytes(row.bytes_stored),
                }
            )
    texts = pd.DataFrame(texts)
    note = "Largest over tasks and seeds. Stored: what one tuned model adds to the registry."
    return Table("cost", "What each method trains and stores", note, values, texts, 2)


def _task_cell(cell: tuple[object, ...]) -> str:
    names = ("mean", "standard_error", "no_better", "unfinished")
    mean, error, no_better, unfinished = (getattr(cell, name) for name in names)
    marks = DAGGER * bool(no_better) + DOUBLE_DAGGER * bool(unfinished)
    return plus_minus(mean, error) + (f" {marks}" if marks else "")


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _content(results: StudyResults) -> Content:
    bases = results.tasks["base"].unique()
    tables = (*(task_table(str(base), results.tasks) for base in bases), cost_table(results.tasks))
    return Content(tables, "How well each tuned model does its task, and what it trains for that.")


SECTION = Section("Task scores", ("task_scores",), _content)
