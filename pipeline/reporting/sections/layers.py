"""Layer profiles: how 2v2 accuracy runs over the layers of a base."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.scores import NamedFigure
from pipeline.reporting.figures.style import (
    CHANCE_LINE,
    FIGURE_WIDTH,
    STYLE,
    finish,
    legend_below,
    plain,
)
from pipeline.reporting.methods import colours_of, ordered_methods
from pipeline.reporting.table import CHANCE, roi_heading
from pipeline.reporting.views import View


def layer_figure(
    view: View, layer_profile: pd.DataFrame, all_methods: Sequence[str]
) -> NamedFigure | None:
    """Draw the layer profiles of one view: rows task, columns ROI, a line per method.

    Parameters
    ----------
    view : View
    layer_profile : DataFrame
        2v2 accuracy per layer, mean over folds; layers are numbers, 0 the embedding.
    all_methods : sequence of str

    Returns
    -------
    NamedFigure or None
        None where the view has no layer profile.
    """
    rows = layer_profile if layer_profile.empty else view.rows_of(layer_profile)
    if rows.empty:
        return None
    # Subjects weigh the same however many seeds each has.
    by_subject = rows.groupby(["task", "roi", "method", "layer", "subject"], sort=False)
    subject_means = by_subject["two_vs_two"].mean().reset_index()
    by_layer = subject_means.groupby(["task", "roi", "method", "layer"])["two_vs_two"]
    lines = by_layer.agg(["mean", "sem"])
    tasks, rois = list(dict.fromkeys(rows["task"])), list(dict.fromkeys(rows["roi"]))
    methods = ordered_methods(rows["method"])
    colours = colours_of(all_methods)
    title = f"Layer profile, {view.direction} 2v2 accuracy: {view.subjects}, base {view.base}"
    with rc_context(STYLE):
        figure, axes = _grid(len(tasks), len(rois))
        for row, task in enumerate(tasks):
            for column, roi in enumerate(rois):
                for method in methods:
                    if (task, roi, method) in lines.index.droplevel("layer"):
                        _draw_line(axes[row][column], lines.loc[task, roi, method], colours[method])
                _label(axes[row][column], (row, column), len(tasks), task, roi)
        legend_below(figure, methods, colours, True, False)
        finish(figure, title)
    n_subjects = rows["subject"].nunique()
    over = (
        f"mean over {n_subjects} subjects and their folds, with a band of one standard error over "
        "subjects"
        if n_subjects > 1
        else "mean over the folds of the one subject"
    )
    caption = (
        f"Each line: {over}, for every layer whether or not it was the one chosen. Rows are "
        "tasks, columns ROIs; upwards: 2v2 accuracy; layer 0 is the embedding. Dashed line: "
        "chance (0.5)."
    )
    return NamedFigure(f"layers-{view.name}", title, caption, figure)


def _grid(n_tasks: int, n_rois: int) -> tuple[Figure, list[list[Axes]]]:
    size = (max(FIGURE_WIDTH, 1.9 * n_rois), 1.75 * n_tasks + 1.3)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(n_tasks, n_rois, sharex=True, sharey=True, squeeze=False)
    return figure, [list(row) for row in axes]


def _draw_line(ax: Axes, line: pd.DataFrame, colour: str) -> None:
    ax.plot(line.index, line["mean"], color=colour, marker="o", markersize=3, linewidth=1.6)
    if line["sem"].notna().any():
        low, high = line["mean"] - line["sem"], line["mean"] + line["sem"]
        ax.fill_between(line.index, low, high, color=colour, alpha=0.18, linewidth=0)


def _label(ax: Axes, place: tuple[int, int], n_tasks: int, task: str, roi: str) -> None:
    row, column = place
    ax.axhline(CHANCE, **CHANCE_LINE)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    if row == 0:
        ax.set_title(plain(roi_heading(roi)))
    if row == n_tasks - 1:
        ax.set_xlabel("layer")
    if column == 0:
        ax.set_ylabel(plain(task), fontweight="bold")
