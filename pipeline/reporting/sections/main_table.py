"""The main table: a row for each method, a column for each ROI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from pipeline.reporting.ceiling_kinds import drawn_ceiling
from pipeline.reporting.methods import UNTUNED, in_words, ordered_methods
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, number, roi_heading
from pipeline.reporting.views import View
from pipeline.words import ON_STIMULI

MEAN = "mean over ROIs"


def main_table(view: View, results: StudyResults) -> Table:
    """Show 2v2 accuracies of one view, mean over tasks and subjects, with the ceiling below.

    Returns
    -------
    Table
        With a column for the mean over ROIs of the other direction, where it was scored too.
    """
    other = [v for v in results.views if _beside(v) == _beside(view) and v != view]
    ceiling = drawn_ceiling(view, results.ceilings)
    means, rows = [], []
    for learned, summary in _by_regime(results.summary):
        own = method_means(view, summary)
        means.append(own.assign(learned=learned) if learned else own)
        away = {v: method_means(v, summary) for v in other}
        rows += [_row(method, own, away, learned) for method in ordered_methods(own["method"])]
    if ceiling.kind:
        drawn = {roi_heading(roi): number(value) for roi, value in ceiling.by_roi.items()}
        rows.append({"method": f"{ceiling.kind} ceiling", **drawn})
    every = dict.fromkeys(view.rows_of(results.summary)["task"])
    tasks = [task for task in every if task not in ON_STIMULI]
    return Table(
        name=f"main-{view.name}",
        title=view.title,
        note=f"{_what_is_averaged(tasks)}. Chance is 0.5.",
        values=pd.concat(means, ignore_index=True),
        texts=pd.DataFrame(rows).fillna(MISSING),
        n_labels=1,
    )


def _what_is_averaged(tasks: Sequence[str]) -> str:
    listed = ", ".join(tasks)
    if len(tasks) > 1:
        return f"Mean over {len(tasks)} tasks ({listed}) and over subjects"
    return f"Mean over subjects, tuned on {listed}" if listed else "Mean over subjects"


def _row(
    method: str, own: pd.DataFrame, away: Mapping[View, pd.DataFrame], learned: str
) -> dict[str, str]:
    """Write the row of a method: its ROIs, their mean, and the mean of every other direction."""
    by_roi = own[own["method"] == method].set_index("roi")["mean"]
    row = {
        "method": in_words(method) + (f", regime {learned}" if learned else ""),
        **{roi_heading(str(r)): number(v) for r, v in by_roi.items()},
        MEAN: number(by_roi.mean()),
    }
    for view, means in away.items():
        mean = means.loc[means["method"] == method, "mean"].mean()
        row[f"{view.direction}, {MEAN}"] = number(mean)
    return row


def _by_regime(summary: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Take apart what was tuned on tasks (empty name) and in each regime; the base comes once."""
    in_regime = summary["task"].isin(ON_STIMULI)
    first = summary["task"].iloc[0] if in_regime.all() else ""
    untuned = summary["method"] == UNTUNED
    yield "", summary[~in_regime | (untuned & (summary["task"] == first))]
    for regime in ON_STIMULI:
        own = summary[(summary["task"] == regime) & ~untuned]
        if not own.empty:
            yield regime, own


def method_means(view: View, summary: pd.DataFrame) -> pd.DataFrame:
    """Average 2v2 accuracies over tasks: columns method, roi, mean, n_tasks."""
    grouped = view.rows_of(summary).groupby(["method", "roi"], sort=False)["mean"]
    return grouped.agg(mean="mean", n_tasks="count").reset_index()


def _beside(view: View) -> tuple[str, str, str]:
    return view.base, view.brain, view.split


def _content(results: StudyResults) -> Content:
    return Content(tuple(main_table(view, results) for view in results.main_views))


SECTION = Section("Methods by ROI", ("brain_scores",), _content, folded=False)
