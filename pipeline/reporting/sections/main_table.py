"""The main table: a row for each method, a column for each ROI."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.ceiling_kinds import drawn_ceiling
from pipeline.reporting.methods import in_words, ordered_methods
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, number, roi_heading
from pipeline.reporting.views import View

MEAN = "mean over ROIs"


def main_table(view: View, results: StudyResults) -> Table:
    """Show 2v2 accuracies of one view, mean over tasks and subjects, with the ceiling below.

    Parameters
    ----------
    view : View
    results : StudyResults

    Returns
    -------
    Table
        With a column for the mean over ROIs of the other direction, where it was scored too.
    """
    means = method_means(view, results.summary)
    other = [v for v in results.views if _beside(v) == _beside(view) and v != view]
    ceiling = drawn_ceiling(view, results.ceilings)
    rows = []
    for method in ordered_methods(means["method"]):
        own = means[means["method"] == method].set_index("roi")["mean"]
        row = {
            "method": in_words(method),
            **{roi_heading(str(r)): number(v) for r, v in own.items()},
        }
        row[MEAN] = number(own.mean())
        for v in other:
            away = method_means(v, results.summary)
            row[f"{v.direction}, {MEAN}"] = number(
                away.loc[away["method"] == method, "mean"].mean()
            )
        rows.append(row)
    if ceiling.kind:
        drawn = {roi_heading(roi): number(value) for roi, value in ceiling.by_roi.items()}
        rows.append({"method": f"{ceiling.kind} ceiling", **drawn})
    tasks = list(dict.fromkeys(view.rows_of(results.summary)["task"]))
    over = f"mean over {len(tasks)} tasks ({', '.join(tasks)})" if len(tasks) > 1 else tasks[0]
    return Table(
        name=f"main-{view.name}",
        title=view.title,
        note=f"{over[0].upper()}{over[1:]} and over subjects. Chance is 0.5.",
        values=means,
        texts=pd.DataFrame(rows).fillna(MISSING),
        n_labels=1,
    )


def method_means(view: View, summary: pd.DataFrame) -> pd.DataFrame:
    """Average 2v2 accuracies over tasks: columns method, roi, mean, n_tasks."""
    grouped = view.rows_of(summary).groupby(["method", "roi"], sort=False)["mean"]
    return grouped.agg(mean="mean", n_tasks="count").reset_index()


def _beside(view: View) -> tuple[str, str, str]:
    return view.base, view.brain, view.split


def _content(results: StudyResults) -> Content:
    return Content(tuple(main_table(view, results) for view in results.main_views))


SECTION = Section("Methods by ROI", ("brain_scores",), _content, folded=False)
