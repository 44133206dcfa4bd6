"""Task score against brain score: whether what is better at its task matches the brain better."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from pipeline.reporting.aggregate import over_rois
from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.task_and_brain import task_and_brain_figure
from pipeline.reporting.methods import in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import number
from pipeline.reporting.views import View, slug

CAPTION = "A line joins the methods of a task. 2v2 accuracy: mean over ROIs and subjects."


def task_and_brain_points(view: View, summary: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Pair the deciding task score of each model with its 2v2 accuracy, mean over ROIs.

    Parameters
    ----------
    view : View
    summary, tasks : DataFrame
        As ``summarise`` and ``task_summary`` of :mod:`pipeline.reporting.aggregate` return them.

    Returns
    -------
    DataFrame
        Columns task, metric, method, task_score, brain_score.
    """
    deciding = tasks[tasks["base"] == view.base].drop_duplicates(["task", "method"])
    brain = over_rois(view.rows_of(summary)).rename("brain_score")
    both = deciding.join(brain, on=["task", "method"], how="inner")
    return both.rename(columns={"mean": "task_score"})[
        ["task", "metric", "method", "task_score", "brain_score"]
    ].reset_index(drop=True)


def _figures(results: StudyResults, view: View) -> Iterator[NamedFigure]:
    points = task_and_brain_points(view, results.summary, results.tasks)
    band, looks = chance_band(view, results.chance), looks_of(results.method_names)
    for metric, own in points.groupby("metric", sort=False):
        title = f"Task score against {view.direction} 2v2 accuracy: {view.subjects}, {view.base}"
        described = (
            f"{c.task} {in_words(str(c.method))}: {number(c.task_score)}, {number(c.brain_score)}"
            for c in own.itertuples()
        )
        yield NamedFigure(
            name=slug(f"task-and-brain-{view.name}-{metric}"),
            title=title,
            caption=f"{CAPTION}{band.caption_of_mean}",
            alt=f"{title}, as task score, brain score. {'; '.join(described)}.",
            draw=partial(task_and_brain_figure, title, str(metric), own, band.of_mean, looks),
        )


def _content(results: StudyResults) -> Content:
    views = results.main_views
    return Content(tuple(figure for view in views for figure in _figures(results, view)))


SECTION = Section("Task score against brain score", ("brain_scores",), _content, folded=False)
