"""A figure of how 2v2 accuracy runs over the layers of a base."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.chance import ChanceBand
from pipeline.reporting.figures.style import (
    CHANCE_BAND,
    CHANCE_LINE,
    FIGURE_WIDTH,
    LINE_HEIGHT,
    STYLE,
    lay_out,
    legend_columns,
    plain,
)
from pipeline.reporting.methods import Look, in_words, ordered_methods
from pipeline.reporting.table import CHANCE, roi_heading

_PANEL_HEIGHT = 2.1
_MOST_COLUMNS = 4


def layers_figure(
    title: str, lines: pd.DataFrame, band: ChanceBand, looks: Mapping[str, Look]
) -> Figure:
    """Draw a panel for each ROI and a line for each method.

    Parameters
    ----------
    title : str
    lines : DataFrame
        Columns roi, method, layer, mean and sem; without a band where sem is NaN.
    band : ChanceBand
    looks : mapping of str to Look
    """
    rois, methods = list(dict.fromkeys(lines["roi"])), ordered_methods(lines["method"])
    n_columns = min(_MOST_COLUMNS, len(rois))
    n_rows = -(-len(rois) // n_columns)
    labels = [in_words(m) for m in methods]
    columns = legend_columns(labels, FIGURE_WIDTH)
    bottom = 0.55 + LINE_HEIGHT * -(-len(labels) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, n_rows * _PANEL_HEIGHT + bottom + 0.4))
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        lay_out(figure, (0.68, 0.1, 0.35, bottom), title)
        figure.subplots_adjust(wspace=0.08, hspace=0.25)
        for panel, roi in zip(panels.flat, rois, strict=False):
            for method in methods:
                own = lines[(lines["roi"] == roi) & (lines["method"] == method)]
                _draw_line(panel, own, looks[method], in_words(method))
            panel.axhline(CHANCE, **CHANCE_LINE)
            if roi in band.by_roi:
                panel.axhspan(*band.by_roi[roi], **CHANCE_BAND)
            panel.set_title(plain(roi_heading(roi)))
            panel.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        for panel in panels.flat[len(rois) :]:
            panel.set_visible(False)
        for panel in panels[-1]:
            panel.set_xlabel("layer")
        figure.supylabel("2v2 accuracy", x=0.08 / FIGURE_WIDTH)
        handles, named = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, named, loc="lower left", ncols=columns, frameon=False)
    return figure


def _draw_line(panel: Axes, line: pd.DataFrame, look: Look, label: str) -> None:
    panel.plot(
        line["layer"],
        line["mean"],
        color=look.colour,
        marker=look.marker,
        markersize=4,
        linewidth=1.6,
        label=label,
    )
    if line["sem"].notna().any():
        low, high = line["mean"] - line["sem"], line["mean"] + line["sem"]
        panel.fill_between(line["layer"], low, high, color=look.colour, alpha=0.18, linewidth=0)
