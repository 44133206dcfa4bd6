"""A figure of task scores against brain scores, a point for each tuned model."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

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
#: Of the lines that join a task's methods: names beside points would cover one another.
_DASHES = (
    *("-", "--", ":", "-."),
    *((0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 4)), (0, (8, 2, 1, 2))),
)
_FEW_LINES = 3  # that the height has room for below the panel


def task_and_brain_figure(
    title: str,
    metric: str,
    points: pd.DataFrame,
    band: tuple[float, float] | None,
    looks: Mapping[str, Look],
) -> Figure:
    """Draw one point a task and method; a line of its own joins the methods of a task.

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
    tasks = [plain(str(task)[:_LONGEST_TASK]) for task in points["task"].unique()]
    labels = [*(in_words(m) for m in methods), *tasks]
    lines = -(-len(labels) // legend_columns(labels, HALF_WIDTH))
    bottom = 0.5 + LINE_HEIGHT * lines
    with rc_context(STYLE):
        height = _HEIGHT + LINE_HEIGHT * max(0, lines - _FEW_LINES)
        figure = Figure(figsize=(HALF_WIDTH, height))
        panel = figure.add_subplot()
        lay_out(figure, (0.76, 0.15, 0.12, bottom), title)
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
        by_task = points.groupby("task", sort=False)
        for name, dashes, (_, own) in zip(tasks, cycle(_DASHES), by_task, strict=False):
            ranked = own.sort_values("task_score")
            scores = ranked["task_score"], ranked["brain_score"]
            panel.plot(*scores, ls=dashes, color=SOFT, linewidth=0.9, zorder=1.5, label=name)
        panel.grid(visible=True, axis="both")
        panel.set(xlabel=plain(f"task score ({metric})"), ylabel="mean 2v2 accuracy")
        panel.margins(x=0.1, y=0.2)
        round_values(panel)
        shade_chance(panel, band)
        figure.legend(
            loc="lower left",
            ncols=legend_columns(labels, HALF_WIDTH),
            frameon=False,
            borderaxespad=0.1,
        )
    return figure
