"""Figures of 2v2 accuracies: dots on a line for every cell, and the paper's bars per task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting.ceiling_kinds import DrawnCeiling
from pipeline.reporting.chance import ChanceBand
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.row_panels import RowPlaces, add_legend, rows_of, rows_panel
from pipeline.reporting.figures.style import (
    CEILING_BAND,
    CEILING_LINE,
    CHANCE_BAND,
    CHANCE_LINE,
    CHARACTER_WIDTH,
    FIGURE_WIDTH,
    INK,
    STYLE,
    lay_out,
    legend_columns,
    plain,
)
from pipeline.reporting.methods import Look, in_words, looks_of, ordered_methods
from pipeline.reporting.table import CHANCE, number, roi_heading
from pipeline.reporting.views import View

_PANEL_HEIGHT = 2.0
_MOST_COLUMNS = 4


def accuracy_dots(
    view: View,
    summary: pd.DataFrame,
    ceiling: DrawnCeiling,
    band: ChanceBand,
    all_methods: Sequence[str],
) -> NamedFigure:
    """Draw 2v2 accuracies of one view: a row for each ROI and task, a mark for each method.

    Parameters
    ----------
    view : View
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it, rows of this view.
    ceiling : DrawnCeiling
        That scores are divided by.
    band : ChanceBand
    all_methods : sequence of str
        All methods of the study: they fix the looks.
    """
    caption = f"Marks: mean over subjects. Dashed line: chance (0.5).{band.caption}"
    if ceiling.kind:
        caption += f" Grey strokes: {ceiling.kind} ceiling"
        caption += ", bands from its lower bound." if ceiling.lower else "."
    return NamedFigure(
        name=f"scores-{view.name}",
        title=view.title,
        caption=caption,
        alt=f"{view.title}. {_cells_in_words(summary)} {_ceiling_in_words(ceiling)}",
        draw=lambda: _draw_dots(view.title, summary, ceiling, band, looks_of(all_methods)),
    )


def accuracy_bars(
    view: View,
    summary: pd.DataFrame,
    units: pd.DataFrame,
    band: ChanceBand,
    all_methods: Sequence[str],
) -> NamedFigure:
    """Draw 2v2 accuracies as the seed paper does: a panel per ROI, tasks along x, bars for methods.

    Parameters
    ----------
    view : View
    summary, units : DataFrame
        As :mod:`pipeline.reporting.aggregate` returns them, rows of this view.
    band : ChanceBand
    all_methods : sequence of str
    """
    unit = units["unit"].iloc[0].removesuffix("s")
    return NamedFigure(
        name=f"bars-{view.name}",
        title=view.title,
        caption=f"Bars start at chance (0.5): mean; rings: each {unit}.{band.caption}",
        alt=f"{view.title}. {_cells_in_words(summary)}",
        draw=lambda: _draw_bars(view.title, summary, units, band, looks_of(all_methods)),
    )


def _draw_dots(
    title: str,
    summary: pd.DataFrame,
    ceiling: DrawnCeiling,
    band: ChanceBand,
    looks: Mapping[str, Look],
) -> Figure:
    rows = rows_of(zip(summary["roi"], summary["task"], strict=True))
    methods = ordered_methods(summary["method"])
    labels = [in_words(m) for m in methods] + ["chance"]
    labels += [f"{ceiling.kind} ceiling"] * bool(ceiling.kind)
    with rc_context(STYLE):
        figure, panel = rows_panel(rows, title, "2v2 accuracy", labels)
        for method in methods:
            own = summary[summary["method"] == method]
            panel.plot(
                own["mean"],
                [rows.places[c.roi, c.task] for c in own.itertuples()],
                looks[method].marker,
                color=looks[method].colour,
                markersize=6,
                alpha=0.9,
                zorder=4,
                label=in_words(method),
            )
        panel.axvline(CHANCE, label="chance", **CHANCE_LINE)
        _draw_ceiling(panel, rows, ceiling)
        for roi, (low, high) in band.by_roi.items():
            for top, bottom in _across_rows(rows, roi):
                panel.fill_betweenx([top, bottom], low, high, **CHANCE_BAND)
        panel.margins(x=0.05)
        add_legend(figure, panel, labels)
    return figure


def _draw_ceiling(panel: Axes, rows: RowPlaces, ceiling: DrawnCeiling) -> None:
    """Draw the ceiling of each ROI as a stroke across the rows of its tasks, and its band."""
    for roi, value in ceiling.by_roi.items():
        for top, bottom in _across_rows(rows, roi):
            panel.vlines(value, top, bottom, label=f"{ceiling.kind} ceiling", **_STROKE)
            if roi in ceiling.lower:
                panel.fill_betweenx([top, bottom], ceiling.lower[roi], value, **CEILING_BAND)


def _across_rows(rows: RowPlaces, roi: str) -> list[tuple[float, float]]:
    """Give top and bottom of the rows of a ROI's tasks; none where it has no rows."""
    own = [place for (of, _), place in rows.places.items() if of == roi]
    return [(min(own) - 0.45, max(own) + 0.45)] if own else []


_STROKE = {"colors": CEILING_LINE["color"], "linewidth": CEILING_LINE["linewidth"]}


def _draw_bars(
    title: str,
    summary: pd.DataFrame,
    units: pd.DataFrame,
    band: ChanceBand,
    looks: Mapping[str, Look],
) -> Figure:
    rois = list(dict.fromkeys(summary["roi"]))
    tasks = list(dict.fromkeys(summary["task"]))
    methods = ordered_methods(summary["method"])
    n_columns = min(_MOST_COLUMNS, len(rois))
    n_rows = -(-len(rois) // n_columns)
    own_looks = {method: looks[method] for method in methods}
    labels = [in_words(m) for m in methods]
    bottom = 0.3 + CHARACTER_WIDTH * 0.75 * max(map(len, tasks)) + 0.25
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, n_rows * _PANEL_HEIGHT + bottom + 0.4))
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).flat
        lay_out(figure, (0.6, 0.1, 0.45, bottom), title)
        figure.subplots_adjust(wspace=0.08, hspace=0.25)
        for panel, roi in zip(panels, rois, strict=False):
            means, own = (table[table["roi"] == roi] for table in (summary, units))
            _draw_roi(panel, means, own, own_looks, tasks)
            panel.set_title(plain(roi_heading(roi)))
            if roi in band.by_roi:
                panel.axhspan(*band.by_roi[roi], **CHANCE_BAND)
        for panel in list(panels)[len(rois) :]:
            panel.set_visible(False)
        figure.supylabel("2v2 accuracy", x=0.08 / FIGURE_WIDTH)
        handles, named = figure.axes[0].get_legend_handles_labels()
        columns = legend_columns(labels, FIGURE_WIDTH)
        figure.legend(handles, named, loc="lower left", ncols=columns, frameon=False)
    return figure


_RING: dict[str, Any] = {
    "color": INK,
    "markerfacecolor": "white",
    "markersize": 2.8,
    "markeredgewidth": 0.6,
    "zorder": 5,
    "clip_on": False,  # a perfect score lies on the edge of its panel
}


def _draw_roi(
    panel: Axes,
    summary: pd.DataFrame,
    units: pd.DataFrame,
    looks: Mapping[str, Look],
    tasks: Sequence[str],
) -> None:
    """Draw a bar for each task and method of an ROI, and a ring for each unit."""
    width = 0.8 / len(looks)
    for place, (method, look) in enumerate(looks.items()):
        shift = (place - (len(looks) - 1) / 2) * width
        means = summary[summary["method"] == method].set_index("task")["mean"].reindex(tasks)
        panel.bar(
            np.arange(len(tasks)) + shift,
            means.to_numpy(dtype=np.float64) - CHANCE,
            width * 0.9,
            bottom=CHANCE,
            color=look.colour,
            label=in_words(method),
        )
        rings = units[units["method"] == method]
        where = [tasks.index(task) + shift for task in rings["task"]]
        panel.plot(where, rings["two_vs_two"], "o", **_RING)
    panel.axhline(CHANCE, color=INK, linewidth=1)
    names = [plain(task) for task in tasks]
    panel.set_xticks(range(len(tasks)), names, rotation=40, ha="right", rotation_mode="anchor")


def _cells_in_words(summary: pd.DataFrame) -> str:
    cells = (
        f"{c.roi} {c.task}: {in_words(c.method)} {number(c.mean)}" for c in summary.itertuples()
    )
    return "; ".join(cells) + "."


def _ceiling_in_words(ceiling: DrawnCeiling) -> str:
    if not ceiling.kind:
        return ""
    values = ", ".join(f"{roi} {number(value)}" for roi, value in ceiling.by_roi.items())
    return f"{ceiling.kind} ceiling: {values}."
