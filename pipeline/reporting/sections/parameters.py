"""Scores against how many parameters a method trains."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.curves import Panel, curves_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.sections.task_and_brain import task_and_brain_points
from pipeline.reporting.table import number
from pipeline.reporting.views import View, slug

LEAST_METHODS = 3
ACROSS = "trainable parameters"
CAPTION = "A mark is a tuned model; the untuned base trains nothing and is left out."


def parameter_points(view: View, summary: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Put the scores of every trained model beside what it trains.

    Parameters
    ----------
    view : View
    summary, tasks : DataFrame
        As ``summarise`` and ``task_summary`` of :mod:`pipeline.reporting.aggregate` return them.

    Returns
    -------
    DataFrame
        task, metric, method, task_score, brain_score (mean over ROIs) and trainable_parameters,
        which are more than 0.
    """
    own = tasks[(tasks["base"] == view.base) & (tasks["trainable_parameters"] > 0)]
    sizes = own[["task", "metric", "method", "trainable_parameters"]]
    points = task_and_brain_points(view, summary, tasks)
    return points.merge(sizes, on=["task", "metric", "method"])


def _figures(results: StudyResults, view: View) -> Iterator[NamedFigure]:
    every = parameter_points(view, results.summary, results.tasks)
    band = chance_band(view, results.chance)
    for metric, points in every.groupby("metric", sort=False):
        if points["method"].nunique() < LEAST_METHODS:
            continue
        title = f"Scores by what is trained: {view.direction}, {view.subjects}, {view.base}"
        numbers = "; ".join(
            f"{row.task} {in_words(str(row.method))}: {row.trainable_parameters:,}, "
            f"{number(row.brain_score)}, {number(row.task_score)}"
            for row in points.itertuples()
        )
        panels = [
            Panel(
                ACROSS,
                words,
                points.assign(x=points["trainable_parameters"], y=points[column]),
                logarithmic=True,
                joined=False,
                band=shaded,
            )
            for column, words, shaded in (
                ("brain_score", "mean 2v2 accuracy", band.of_mean),
                ("task_score", f"task score ({metric})", None),
            )
        ]
        yield NamedFigure(
            name=slug(f"parameters-{view.name}-{metric}"),
            title=title,
            caption=f"{CAPTION}{band.caption_of_mean}",
            alt=f"{title}, as parameters, 2v2 accuracy, task score. {numbers}.",
            draw=partial(curves_figure, title, panels, looks_of(results.method_names)),
        )


def _content(results: StudyResults) -> Content:
    views = results.main_views
    return Content(tuple(figure for view in views for figure in _figures(results, view)))


SECTION = Section("Scores by what is trained", ("brain_scores",), _content)
