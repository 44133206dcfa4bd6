"""Panels beside each other in which every method is a line, or a cloud, of points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter

from pipeline.reporting.figures.style import (
    FIGURE_WIDTH,
    LINE_HEIGHT,
    STYLE,
    lay_out,
    legend_columns,
    plain,
    round_values,
    shade_chance,
)
from pipeline.reporting.methods import Look, in_words, ordered_methods

_HEIGHT = 2.4
_CHARACTER = 0.07  # inches that a character of a number takes below an axis
_MARGIN = 0.08  # of the range of x, on either side
_MOST_TICKS = 8  # values of x that are each named on a logarithmic axis


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
        Whether the points of a line are joined, in the order of its rows.
    band : tuple of (float, float), optional
        Low and high y of unrelated models.
    """

    across: str
    up: str
    points: pd.DataFrame
    logarithmic: bool = False
    joined: bool = True
    band: tuple[float, float] | None = None


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
        lay_out(figure, (0.76, 0.15, 0.15, bottom), title)
        figure.subplots_adjust(wspace=0.2 + 0.08 * len(panels))
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
    for (method, _), own in present.groupby([present["method"], line], sort=False):
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
    _scale(axes, panel, present["x"])
    axes.grid(visible=True, axis="both")
    axes.margins(x=_MARGIN, y=0.15)
    round_values(axes)
    shade_chance(axes, panel.band)
    axes.set(xlabel=plain(panel.across), ylabel=plain(panel.up))


def _scale(axes: Axes, panel: Panel, places: pd.Series[float]) -> None:
    """Let x grow by factors where it should, and name its values as a person writes them."""
    values = sorted(places.unique())
    if panel.logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        if len(values) <= _MOST_TICKS:
            axes.set_xticks(values, _names_apart(values, axes.get_position().width * FIGURE_WIDTH))
            axes.xaxis.set_minor_locator(NullLocator())
    elif all(float(value).is_integer() for value in values):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    else:  # of three panels each holds four names of as many digits as a score has
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))


def _names_apart(values: Sequence[float], width: float) -> list[str]:
    """Name values on a logarithmic axis; empty where a name would stand over the one before.

    Parameters
    ----------
    values : sequence of float
        In order.
    width : float
        Of the axis, in inches.
    """
    span = math.log(values[-1] / values[0]) or 1.0
    inch = width / ((1 + 2 * _MARGIN) * span)
    names, end = [], -math.inf
    for value in values:
        name = f"{value:,.0f}"
        centre, half = math.log(value / values[0]) * inch, len(name) * _CHARACTER / 2
        free = centre - half > end
        names.append(name if free else "")
        end = centre + half if free else end
    return names
