"""A figure of task scores against brain scores, a point for each tuned model."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.reporting.figures.style import (
    HALF_WIDTH,
    LINE_HEIGHT,
    SOFT,
    STYLE,
    lay_out,
    legend_columns,
    plain,
    round_values,
    shade_chance,
)
from pipeline.reporting.methods import Look, in_words, ordered_methods

_HEIGHT = 2.7
_LONGEST_TASK = 22
_STEP = 10  # points


def task_and_brain_figure(
    title: str,
    metric: str,
    points: pd.DataFrame,
    band: tuple[float, float] | None,
    looks: Mapping[str, Look],
) -> Figure:
    """Draw one point a task and method; a thin line joins the methods of a task.

    Parameters
    ----------
    title, metric : str
    points : DataFrame
        Columns task, method, task_score, brain_score.
    band : tuple of (float, float) or None
        Brain scores of unrelated models.
    looks : mapping of str to Look
    """
    methods = ordered_methods(points["method"])
    labels = [in_words(m) for m in methods]
    lines = -(-len(labels) // legend_columns(labels, HALF_WIDTH))
    bottom = 0.5 + LINE_HEIGHT * lines
    with rc_context(STYLE):
        figure = Figure(figsize=(HALF_WIDTH, _HEIGHT))
        panel = figure.add_subplot()
        lay_out(figure, (0.76, 0.15, 0.12, bottom), title)
        for number, (task, own) in enumerate(points.groupby("task", sort=False)):
            ranked = own.sort_values("task_score")
            panel.plot(ranked["task_score"], ranked["brain_score"], color=SOFT, linewidth=0.8)
            first = ranked.iloc[0]
            panel.annotate(
                plain(str(task)[:_LONGEST_TASK]),
                (first["task_score"], first["brain_score"]),
                xytext=(-6, 7 + _STEP * (number % 2)),  # neighbours at two heights
                textcoords="offset points",
                fontsize=8.5,
                color=SOFT,
            )
        for method in methods:
            own = points[points["method"] == method]
            panel.plot(
                own["task_score"],
                own["brain_score"],
                looks[method].marker,
                color=looks[method].colour,
                markersize=7,
                label=in_words(method),
            )
        panel.grid(visible=True, axis="both")
        panel.set(xlabel=plain(f"task score ({metric})"), ylabel="mean 2v2 accuracy")
        panel.margins(x=0.1, y=0.4)  # room for the names of tasks below the title
        round_values(panel)
        shade_chance(panel, band)
        figure.legend(
            loc="lower left",
            ncols=legend_columns(labels, HALF_WIDTH),
            frameon=False,
            borderaxespad=0.1,
        )
    return figure
