"""A specification curve: one difference, measured in many ways, in order of size."""

from __future__ import annotations

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.reporting.figures.style import (
    CHARACTER_WIDTH,
    FIGURE_WIDTH,
    INK,
    LINE_HEIGHT,
    STYLE,
    lay_out,
    plain,
)

_ROW = LINE_HEIGHT * 1.3


def specification_figure(title: str, rows: pd.DataFrame) -> Figure:
    """Draw a line for each specification, its interval where there is one, by size.

    Parameters
    ----------
    title : str
    rows : DataFrame
        label, difference, low, high and declared, the one that the study is about.
    """
    ordered = rows.sort_values("difference", kind="stable").reset_index(drop=True)
    left = 0.3 + CHARACTER_WIDTH * ordered["label"].str.len().max()
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, _ROW * len(ordered) + 1.1))
        panel = figure.add_subplot()
        lay_out(figure, (min(left, FIGURE_WIDTH / 2), 0.15, 0.2, 0.55), title)
        panel.axvline(0, color=INK, linewidth=1)
        panel.hlines(ordered.index, ordered["low"], ordered["high"], colors=INK, linewidth=1.6)
        for declared, own in ordered.groupby("declared"):
            face = INK if declared else "white"
            panel.plot(own["difference"], own.index, "o", color=INK, markerfacecolor=face)
        panel.set_yticks(ordered.index, [plain(label) for label in ordered["label"]])
        panel.set(ylim=(len(ordered) - 0.4, -0.6))
        panel.set_xlabel("← lower      difference in 2v2 accuracy      higher →")
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.grid(visible=False, axis="y")
        panel.grid(visible=True, axis="x")
    return figure
