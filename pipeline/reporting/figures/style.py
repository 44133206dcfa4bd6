"""The look of every figure: sizes, fonts, colours on light and dark pages, titles."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.methods import DARK_COLOURS

FIGURE_WIDTH = 9.0  # inches
#: Width of a figure that has another beside it on the page, where 10 pt then reads as 10 pt.
HALF_WIDTH = 5.6
INK, SOFT, GRID = "#1d2125", "#5b646d", "#dfe3e7"
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    # Text stays text in an SVG. DejaVu is what matplotlib measures with; Verdana is as wide.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # left free, every draw looks for it among the ticks
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "figure.titlesize": 10,
    "figure.titleweight": "normal",
    "figure.labelsize": 10,
    "figure.constrained_layout.h_pad": 0.07,
    "xtick.bottom": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",  # the same results give the same file
}
CHANCE_LINE: dict[str, Any] = {
    "color": INK,
    "linestyle": (0, (4, 3)),
    "linewidth": 1.1,
    "zorder": 3,
}
#: Where unrelated models lie.
CHANCE_BAND: dict[str, Any] = {"color": INK, "alpha": 0.08, "linewidth": 0, "zorder": 0}
#: One subject beside a mean over subjects.
RING: dict[str, Any] = {
    "marker": "o",
    "linestyle": "none",
    "color": SOFT,
    "markerfacecolor": "white",
    "markersize": 3.5,
    "markeredgewidth": 0.9,
    "zorder": 5,
}
CEILING_BAND: dict[str, Any] = {"color": SOFT, "alpha": 0.18, "linewidth": 0, "zorder": 0}
CEILING_LINE: dict[str, Any] = {"color": SOFT, "linewidth": 2.2, "zorder": 1}
CHARACTER_WIDTH = 0.078  # inches of an average character of 10 pt
LINE_HEIGHT = 0.19  # inches of a line of 10 pt
#: Colour on a light page -> on a dark one, of as much contrast.
DARK = {
    INK: "#e8eaed",
    SOFT: "#a3adb8",
    GRID: "#333b44",
    "#ffffff": "#14181c",
    **DARK_COLOURS,
}


def legend_columns(labels: Sequence[str], width: float) -> int:
    """Count the entries of a legend that fit beside each other into ``width`` inches."""
    lengths = np.array([len(label) for label in labels])
    for n_columns in range(len(labels), 1, -1):
        columns = np.array_split(lengths, n_columns)  # as matplotlib fills them
        if sum(0.6 + CHARACTER_WIDTH * column.max() for column in columns) <= width:
            return n_columns
    return 1


def round_values(axes: Axes) -> None:
    """Name values of y in round steps, so that names stay short enough for the left margin."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))


def shade_chance(axes: Axes, band: tuple[float, float] | None) -> None:
    """Shade a chance band as far as it is in view: the axis stays where the scores are."""
    if band is not None:
        view = axes.get_ylim()
        axes.axhspan(*band, **CHANCE_BAND)
        axes.set_ylim(view)


def finish(figure: Figure, title: str) -> None:
    """Set the title and lay the figure out once, so that drawing it again is quick.

    A figure whose title or legend is wider than its panels is widened to hold them.
    """
    heading = figure.suptitle(plain(title), x=0.01, ha="left")
    figure.draw_without_rendering()
    right = max(thing.get_window_extent().x1 for thing in (heading, *figure.legends))
    if right > figure.bbox.x1:
        figure.set_figwidth(right / figure.dpi + 0.15)
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def lay_out(figure: Figure, margins: tuple[float, float, float, float], title: str) -> None:
    """Give a figure margins in inches (left, right, top, bottom) and a title above the top one.

    Without a layout engine, which would draw the figure twice to find them.
    """
    left, right, top, bottom = margins
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(title, int(width / CHARACTER_WIDTH) - 2)
    grown = height + (len(lines) - 1) * LINE_HEIGHT
    figure.set_size_inches(width, grown)
    figure.suptitle(
        plain("\n".join(lines)), x=0.08 / width, y=1 - 0.08 / grown, ha="left", va="top"
    )
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        top=1 - (top + len(lines) * LINE_HEIGHT) / grown,
        bottom=bottom / grown,
    )


def svg_of(figure: Figure) -> str:
    """Draw a figure as SVG, the same text each time."""
    drawing = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(drawing, format="svg", metadata={"Date": None})
    return drawing.getvalue()


def follows_page(drawing: str) -> str:
    """Let a drawing take the dark colours where the page around it is dark.

    Parameters
    ----------
    drawing : str
        SVG as :func:`svg_of` draws it. In a file of its own it stays as it is: a paper is white.
    """
    used = [colour for colour in DARK if colour in drawing]
    light = "".join(f"--{c[1:]}:{c};" for c in used)
    dark = "".join(f"--{c[1:]}:{DARK[c]};" for c in used)
    style = (
        f"<style>:root{{{light}}}@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{{dark}}}}}</style>"
    )
    names = "|".join(map(re.escape, used))
    variables = re.sub(names, lambda c: f"var(--{c[0][1:]})", drawing) if used else drawing
    return re.sub(r"(<svg\b[^>]*>)", lambda opened: opened[0] + style, variables, count=1)


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs in a name as mathematics."""
    return text.replace("$", r"\$")
