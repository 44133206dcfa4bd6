"""Panels beside each other in which every method is a line, or a cloud, of points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting.figures.style import (
    FIGURE_WIDTH,
    LINE_HEIGHT,
    STYLE,
    lay_out,
    legend_columns,
    plain,
)
from pipeline.reporting.methods import Look, in_words, ordered_methods

_HEIGHT = 2.4


@dataclass(frozen=True)
class Panel:
    """One panel of curves.

    Parameters
    ----------
    across, up : str
        What the axes show.
    points : DataFrame
        method, x and y; ``line`` where a method has several lines; ``low`` and ``high`` where a
        band is drawn around them. Points without x or y are left out.
    logarithmic : bool
        Whether x grows by factors.
    joined : bool
        Whether the points of a line are joined in the order of x.
    """

    across: str
    up: str
    points: pd.DataFrame
    logarithmic: bool = False
    joined: bool = True


def curves_figure(title: str, panels: Sequence[Panel], looks: Mapping[str, Look]) -> Figure:
    """Draw panels beside each other, and one legend of methods below them.

    Parameters
    ----------
    title : str
    panels : sequence of Panel
    looks : mapping of str to Look
        Of every method.
    """
    methods = ordered_methods(name for panel in panels for name in panel.points["method"])
    labels = [in_words(method) for method in methods]
    columns = legend_columns(labels, FIGURE_WIDTH)
    bottom = 0.55 + LINE_HEIGHT * -(-len(labels) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, _HEIGHT + bottom))
        drawn = figure.subplots(1, len(panels), squeeze=False)[0]
        lay_out(figure, (0.7, 0.15, 0.15, bottom), title)
        figure.subplots_adjust(wspace=0.3)
        for axes, panel in zip(drawn, panels, strict=True):
            _draw_panel(axes, panel, looks)
        handles = {
            label: handle
            for axes in drawn
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            [handles[label] for label in labels if label in handles],
            [label for label in labels if label in handles],
            loc="lower left",
            ncols=columns,
            frameon=False,
        )
    return figure


def _draw_panel(axes: Axes, panel: Panel, looks: Mapping[str, Look]) -> None:
    present = panel.points.dropna(subset=["x", "y"])
    line = present["line"] if "line" in present else pd.Series("", index=present.index)
    for (method, _), own in present.sort_values("x").groupby([present["method"], line]):
        look = looks[str(method)]
        axes.plot(
            own["x"],
            own["y"],
            color=look.colour,
            marker=look.marker,
            markersize=4.5 if panel.joined else 6.5,
            linewidth=1.6,
            linestyle="-" if panel.joined else "none",
            label=in_words(str(method)),
        )
        if {"low", "high"} <= set(own) and own["low"].notna().any():
            axes.fill_between(
                own["x"], own["low"], own["high"], color=look.colour, alpha=0.18, linewidth=0
            )
    if panel.logarithmic:
        axes.set_xscale("log")
    axes.grid(visible=True, axis="both")
    axes.margins(x=0.08, y=0.15)
    axes.set(xlabel=plain(panel.across), ylabel=plain(panel.up))
