"""The main figure: the difference between two methods in each ROI, with interval and subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.row_panels import add_legend, rows_of, rows_panel
from pipeline.reporting.figures.style import INK, RING, STYLE
from pipeline.reporting.methods import contrast_in_words, in_words, looks_of
from pipeline.reporting.table import interval, number
from pipeline.reporting.views import View

_SPREAD = 0.3  # of a row, over the contrasts that share it
_BELOW = 0.27  # of a row: where subjects lie, beside the interval and not on it
_XLABEL = "← lower      difference in 2v2 accuracy      higher →"


def differences_figure(
    view: View, contrasts: pd.DataFrame, subjects: pd.DataFrame, all_methods: Sequence[str]
) -> NamedFigure:
    """Draw differences in 2v2 accuracy to one method: a row for each ROI and task.

    Parameters
    ----------
    view : View
    contrasts : DataFrame
        Rows of ``StudyResults.contrasts``, all of this view and of one ``method_b``.
    subjects : DataFrame
        Rows of ``StudyResults.subject_contrasts``; may be empty.
    all_methods : sequence of str
        All methods of the study: they fix the looks.
    """
    method_b = str(contrasts["method_b"].iloc[0])
    title = view.titled("difference")
    bare = int(contrasts["low"].isna().sum())
    reasons = "; ".join(dict.fromkeys(contrasts.loc[contrasts["low"].isna(), "reason"]))
    caption = (
        "Large marks: difference in 2v2 accuracy; bars: 95 % interval; rings: single subjects. "
        "Vertical line: no difference."
        + (f" {bare} of {len(contrasts)} have no interval: {reasons}." if bare else "")
    )
    return NamedFigure(
        name=f"differences-{view.name}",
        title=title,
        caption=caption,
        alt=f"{title}, against {in_words(method_b)}. "
        + "; ".join(_cell_in_words(c) for c in contrasts.itertuples())
        + ".",
        draw=lambda: _draw(title, contrasts, subjects, all_methods),
    )


def _draw(
    title: str, contrasts: pd.DataFrame, subjects: pd.DataFrame, all_methods: Sequence[str]
) -> Figure:
    method_b = str(contrasts["method_b"].iloc[0])
    methods_a = list(dict.fromkeys(contrasts["method_a"]))
    rows = rows_of(zip(contrasts["roi"], contrasts["task"], strict=True))
    looks = looks_of(all_methods)
    labels = [contrast_in_words(a, method_b) for a in methods_a] + ["one subject"]
    with rc_context(STYLE):
        figure, panel = rows_panel(rows, title, _XLABEL, labels)
        panel.axvline(0, color=INK, linewidth=1)
        for shift, method in zip(_shifts(len(methods_a)), methods_a, strict=True):
            own = contrasts[contrasts["method_a"] == method]
            places = [rows.places[c.roi, c.task] + shift for c in own.itertuples()]
            colour = looks[method].colour
            panel.hlines(places, own["low"], own["high"], colors=colour, linewidth=2.4, zorder=3)
            panel.plot(
                own["difference"],
                places,
                looks[method].marker,
                color=colour,
                markersize=6.5,
                zorder=4,
                label=contrast_in_words(method, method_b),
            )
            dots = _of_cells(subjects, own)
            panel.plot(
                dots["difference"],
                [rows.places[d.roi, d.task] + shift + _BELOW for d in dots.itertuples()],
                label="one subject",
                **RING,
            )
        panel.margins(x=0.06)
        panel.xaxis.set_major_locator(MaxNLocator(5))
        add_legend(figure, panel, labels)
    return figure


def _shifts(count: int) -> list[float]:
    return [0.0] if count == 1 else np.linspace(-_SPREAD, _SPREAD, count).tolist()


def _of_cells(subjects: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Select the subjects' differences in these cells."""
    if subjects.empty:
        return pd.DataFrame(columns=["roi", "task", "difference"])
    keys = ["brain", "split", "direction", "base", "task", "roi", "contrast"]
    return subjects.merge(cells[keys], on=keys)


def _cell_in_words(cell: Any) -> str:
    contrast = contrast_in_words(cell.method_a, cell.method_b)
    difference = f"{cell.roi}, {cell.task}, {contrast}: {number(cell.difference, signed=True)}"
    if np.isnan(cell.low):
        return f"{difference}, no interval"
    return f"{difference} ({interval(cell.low, cell.high)})"
