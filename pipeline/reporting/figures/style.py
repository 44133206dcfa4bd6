"""How every figure looks: sizes, fonts, panels, tick labels, legend."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

FIGURE_WIDTH = 9.0  # inches; the page shows it at about that width, so 10 pt reads as 10 pt
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "figure.titlesize": 11.5,
    "figure.titleweight": "normal",
    "figure.labelsize": 10,
    "figure.constrained_layout.h_pad": 0.07,
    "xtick.bottom": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "report",  # the same results give the same file
}
CHANCE_LINE: dict[str, Any] = {
    "color": "#333333",
    "linestyle": (0, (4, 3)),
    "linewidth": 1.1,
    "zorder": 3,
}
CEILING_LINE: dict[str, Any] = {"color": "#9a9a9a", "linewidth": 2.2, "zorder": 1}
ERROR_BAR: dict[str, Any] = {
    "fmt": "none",
    "ecolor": "#222222",
    "elinewidth": 1.2,
    "capsize": 2.5,
    "zorder": 4,
}
DOT: dict[str, Any] = {
    "s": 9,
    "facecolor": "white",
    "edgecolor": "#222222",
    "linewidth": 0.6,
    "zorder": 5,
    "clip_on": False,  # a perfect score lies on the edge of its panel
}
CHARACTER_WIDTH = 0.078  # inches of an average character of 10 pt


def panels(
    names: Sequence[str], tasks: Sequence[str], height: float
) -> tuple[Figure, list[Axes], float]:
    """Make one panel per name, as many beside each other as the task labels leave room for.

    Returns
    -------
    Figure, list of Axes, float
        With one Axes per name, and the width of a panel in inches.
    """
    room = max(len(tasks), 1) * (max((_longest_line(t) for t in tasks), default=4) + 2)
    fitting = int((FIGURE_WIDTH - 0.6) // max(room * CHARACTER_WIDTH, 2.0))
    # Many panels below each other are a long way to scroll: slanted labels are the lesser evil.
    n_columns = max(2 if len(names) > 4 else 1, min(fitting, 3, len(names)))
    if len(names) == 4 and n_columns == 3:
        n_columns = 2
    n_rows = math.ceil(len(names) / n_columns)
    width = FIGURE_WIDTH if n_columns > 1 else min(FIGURE_WIDTH, 3.0 + room * CHARACTER_WIDTH)
    figure = Figure(figsize=(width, n_rows * height + 0.9), layout="constrained")
    axes = [figure.add_subplot(n_rows, n_columns, place + 1) for place in range(len(names))]
    return figure, axes, width / n_columns - 0.7


def bar_positions(
    tasks: Sequence[str], methods: Sequence[str]
) -> tuple[dict[tuple[str, str], float], float]:
    """Place a bar for each task and method; give the places and the width of a bar."""
    width = 0.8 / max(len(methods), 1)
    places = {
        (task, method): group + (place - (len(methods) - 1) / 2) * width
        for group, task in enumerate(tasks)
        for place, method in enumerate(methods)
    }
    return places, width


def label_tasks(ax: Axes, tasks: Sequence[str], room: float) -> None:
    """Write the tasks below their bars, broken at hyphens; aslant where they would touch."""
    crowded = len(tasks) * (max(map(_longest_line, tasks)) + 1) * CHARACTER_WIDTH > room
    labels = [plain(task if crowded else task.replace("-", "-\n")) for task in tasks]
    if crowded:
        ax.set_xticks(range(len(tasks)), labels, rotation=30, ha="right", rotation_mode="anchor")
    else:
        ax.set_xticks(range(len(tasks)), labels)
    ax.set_xlim(-0.55, len(tasks) - 0.45)


def draw_ceiling(ax: Axes, ceiling: float | None) -> None:
    """Draw the split-half ceiling across a panel, where it is known."""
    if ceiling is not None:
        ax.axhline(ceiling, **CEILING_LINE)


def legend_below(
    figure: Figure,
    methods: Sequence[str],
    colours: Mapping[str, str],
    with_chance: bool,
    with_ceiling: bool,
) -> None:
    """Put one legend under all panels, where it covers no bar."""
    handles: list[Patch | Line2D] = [Patch(color=colours[m], label=plain(m)) for m in methods]
    if with_chance:
        handles.append(Line2D([], [], label="chance", **CHANCE_LINE))
    if with_ceiling:
        handles.append(Line2D([], [], label="split-half ceiling", **CEILING_LINE))
    columns = legend_columns([str(handle.get_label()) for handle in handles], FIGURE_WIDTH)
    figure.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False)


def legend_columns(labels: Sequence[str], width: float) -> int:
    """Count the entries of a legend that fit beside each other into ``width`` inches."""
    entry = 0.6 + 0.085 * max(map(len, labels))
    return max(1, min(len(labels), int(width / entry)))


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


def svg_of(figure: Figure) -> str:
    """Draw a figure as SVG, the same text each time."""
    drawn = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs in a name as mathematics."""
    return text.replace("$", r"\$")


def _longest_line(task: str) -> int:
    return max(len(part) + 1 for part in task.split("-"))
