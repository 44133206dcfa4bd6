"""Section on regimes: what a base was tuned on, and what that changed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.reporting.methods import contrast_in_words, in_words, ordered_methods
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.differences import LEVEL, VISIBLE, difference_table
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, interval, number
from pipeline.reporting.views import View
from pipeline.words import ON_STIMULI

INTRO = (
    "A task: labelled examples. stimulus: the stimuli themselves, no responses. brain: the "
    "responses to them, through a linear read-out. joint: both. Of the latter three there is a "
    "version for each outer fold, which is scored on that fold's test stimuli alone and has seen "
    "none of them."
)
WARNING = (
    "Versions that were tuned on the training stimuli of a fold depend on these. Their intervals "
    "are wider for that, by as much as simulated studies needed."
)


def regime_table(view: View, results: StudyResults) -> Table:
    """Show 2v2 accuracies of one view, mean over ROIs and subjects: methods by what was learned."""
    rows = view.rows_of(results.summary)
    means = rows.groupby(["method", "task"], sort=False)["mean"].mean().reset_index()
    learned = [task for task in dict.fromkeys(means["task"]) if task not in ON_STIMULI]
    learned += [regime for regime in ON_STIMULI if regime in set(means["task"])]
    texts = []
    for method in ordered_methods(means["method"]):
        own = means[means["method"] == method].set_index("task")["mean"]
        cells = {name: number(own[name]) if name in own else MISSING for name in learned}
        texts.append({"method": in_words(method), **cells})
    return Table(
        name=f"regimes-{view.name}",
        title=f"{view.title}, by what was learned",
        note="Mean over ROIs and subjects. Chance is 0.5.",
        values=means,
        texts=pd.DataFrame(texts),
        n_labels=1,
    )


def overall_table(view: View, results: StudyResults) -> Table | None:
    """Show differences between regimes, mean over ROIs, methods and bases; None without any."""
    rows = view.rows_of(results.regime_overall).reset_index(drop=True)
    if rows.empty:
        return None
    texts = [
        {
            "difference": contrast_in_words(row.method_a, row.method_b),
            "2v2 accuracy": number(row.difference, signed=True),
            "95 % interval": row.reason or interval(row.low, row.high),
            "p": MISSING if row.reason else number(row.p_holm) + VISIBLE * (row.p_holm <= LEVEL),
        }
        for row in rows.itertuples()
    ]
    note = "Mean over ROIs, methods and bases; p after Holm's correction within its family."
    return Table(
        name=f"regime-differences-{view.name}",
        title=f"{view.titled('difference')}, between regimes",
        note=note,
        values=rows,
        texts=pd.DataFrame(texts),
        n_labels=1,
    )


def cell_table(view: View, results: StudyResults) -> Table | None:
    """Show every difference between regimes: rows method x pair of regimes, columns ROI."""
    table = difference_table(view, results.regime_contrasts)
    if table is None:
        return None
    texts = table.texts.rename(columns={"task": "method"})
    return replace(
        table,
        name=f"regime-cells-{view.name}",
        title=f"{table.title}, between regimes",
        texts=texts.assign(method=texts["method"].map(in_words)),
    )


def _content(results: StudyResults) -> Content:
    tables = [
        table
        for view in results.main_views
        if not view.rows_of(results.regime_contrasts).empty
        for table in (
            regime_table(view, results),
            overall_table(view, results),
            cell_table(view, results),
        )
    ]
    return Content(tuple(table for table in tables if table is not None), INTRO, WARNING)


SECTION = Section("What was learned", ("regime_contrasts",), _content, folded=False)
