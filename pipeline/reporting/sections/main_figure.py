"""The section that answers the question at a glance: differences beside absolute scores."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pipeline.reporting.ceiling_kinds import drawn_ceiling
from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.accuracies import accuracy_dots
from pipeline.reporting.figures.differences import differences_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import FULL
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.views import View

#: More views or rows than these would push the table off the first pages.
_MOST_VIEWS = 2
_MOST_CELLS = 24


def main_contrasts(results: StudyResults, view: View) -> pd.DataFrame:
    """Select the contrasts of a view that the study is about: prompts only against full.

    Returns
    -------
    DataFrame
        Of ``results.contrasts``, ROIs and tasks in the order of scores; may be empty.
    """
    if results.contrasts.empty:
        return results.contrasts
    rows = view.rows_of(results.contrasts)
    contrasts = rows[rows["method_a"].isin(results.prompts_only) & (rows["method_b"] == FULL)]
    cells = view.rows_of(results.summary)[["roi", "task"]].drop_duplicates()
    return cells.merge(contrasts, on=["roi", "task"])


def view_figures(results: StudyResults, view: View) -> Iterator[NamedFigure]:
    """Make the two figures of a view: differences, if there are any, and absolute scores."""
    contrasts = main_contrasts(results, view)
    subjects = results.subject_contrasts
    if not contrasts.empty:
        own = subjects if subjects.empty else view.rows_of(subjects)
        yield differences_figure(view, contrasts, own, results.method_names)
    rows, ceiling = view.rows_of(results.summary), drawn_ceiling(view, results.ceilings)
    band = chance_band(view, results.chance)
    yield accuracy_dots(view, rows, ceiling, band, results.method_names)


def _content(results: StudyResults) -> Content:
    small = [
        view
        for view in results.main_views
        if len(view.rows_of(results.summary).drop_duplicates(["roi", "task"])) <= _MOST_CELLS
    ]
    figures = [f for view in small[:_MOST_VIEWS] for f in view_figures(results, view)]
    return Content(tuple(figures))


SECTION = Section("ROI by ROI", ("brain_scores",), _content, folded=False)
