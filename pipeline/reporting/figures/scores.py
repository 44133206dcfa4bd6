"""Bar charts of 2v2 accuracies and of task scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting.ceiling_kinds import KINDS
from pipeline.reporting.figures.style import (
    CHANCE_LINE,
    DOT,
    ERROR_BAR,
    STYLE,
    bar_positions,
    draw_ceiling,
    finish,
    label_tasks,
    legend_below,
    panels,
    plain,
)
from pipeline.reporting.methods import colours_of, ordered_methods
from pipeline.reporting.table import CHANCE, error_words, roi_heading
from pipeline.reporting.views import View, slug
from pipeline.words import SPLIT_HALF

PANEL_HEIGHT = 2.7


@dataclass(frozen=True)
class NamedFigure:
    """A figure with the words that belong to it.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, caption : str
    figure : matplotlib Figure
    """

    name: str
    title: str
    caption: str
    figure: Figure


def accuracy_figure(
    view: View,
    summary: pd.DataFrame,
    units: pd.DataFrame,
    ceilings: Mapping[str, float],
    all_methods: Sequence[str],
) -> NamedFigure:
    """Draw 2v2 accuracies of one view: a panel per ROI, tasks along x, a bar per method.

    Parameters
    ----------
    view : View
    summary, units : DataFrame
        As :mod:`pipeline.reporting.aggregate` returns them.
    ceilings : mapping of str to float
        ROI -> split-half ceiling; empty where unknown.
    all_methods : sequence of str
        All methods of the study: they fix the colours.

    Returns
    -------
    NamedFigure
    """
    rows, dots = view.rows_of(summary), view.rows_of(units)
    rois = list(dict.fromkeys(rows["roi"]))
    tasks = list(dict.fromkeys(rows["task"]))
    methods = ordered_methods(rows["method"])
    bottom = lowest_shown(rows, dots)
    with rc_context(STYLE):
        figure, axes, room = panels(rois, tasks, PANEL_HEIGHT)
        for ax, roi in zip(axes, rois, strict=True):
            _draw_bars(ax, rows[rows["roi"] == roi], tasks, methods, colours_of(all_methods))
            _draw_units(ax, dots[dots["roi"] == roi], tasks, methods)
            ax.axhline(CHANCE, **CHANCE_LINE)
            draw_ceiling(ax, ceilings.get(roi))
            ax.set(title=plain(roi_heading(roi)), ylim=(bottom, 1.0))
            label_tasks(ax, tasks, room)
        figure.supylabel("2v2 accuracy")
        drawn_ceiling = any(roi in ceilings for roi in rois)
        legend_below(figure, methods, colours_of(all_methods), True, drawn_ceiling)
        finish(figure, view.title)
    caption = (
        f"Bars: mean; error bars: {error_words(rows)}; dots: single "
        f"{rows['unit'].iloc[0]}. Dashed line: chance (0.5)."
        + (f" Grey line: mean over subjects. {KINDS[SPLIT_HALF]}" if drawn_ceiling else "")
        + f" The vertical axis starts at {bottom:.2f}."
    )
    return NamedFigure(view.name, view.title, caption, figure)


def task_figure(modality: str, summary: pd.DataFrame, all_methods: Sequence[str]) -> NamedFigure:
    """Draw the task scores of one modality: a panel per base and metric.

    Parameters
    ----------
    modality : 'text' or 'image'
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.task_summary` returns it.
    all_methods : sequence of str

    Returns
    -------
    NamedFigure
    """
    rows = summary[summary["modality"] == modality]
    methods = ordered_methods(rows["method"])
    grouped = list(rows.groupby(["base", "metric"], sort=False))
    most_tasks = max((list(dict.fromkeys(cells["task"])) for _, cells in grouped), key=len)
    title = f"Task score by method: {modality} tasks"
    with rc_context(STYLE):
        figure, axes, room = panels([str(key) for key, _ in grouped], most_tasks, PANEL_HEIGHT)
        for ax, ((base, metric), cells) in zip(axes, grouped, strict=True):
            tasks = list(dict.fromkeys(cells["task"]))
            _draw_bars(ax, cells, tasks, methods, colours_of(all_methods))
            _write_values(ax, cells, tasks, methods)
            ax.set(title=plain(f"{base}: {metric}"), ylim=_score_limits(cells))
            label_tasks(ax, tasks, room)
        figure.supylabel("task score")
        legend_below(figure, methods, colours_of(all_methods), False, False)
        finish(figure, title)
    caption = "Bars: score on the test examples; error bars: bootstrap standard error over them."
    return NamedFigure(slug(f"task-scores-{modality}"), title, caption, figure)


def lowest_shown(rows: pd.DataFrame, dots: pd.DataFrame) -> float:
    """Choose where the axis starts: 0.4, or lower where that would hide something."""
    lowest = min((rows["mean"] - rows["standard_error"].fillna(0)).min(), dots["two_vs_two"].min())
    return float(max(0.0, min(0.4, math.floor((lowest - 0.02) * 20) / 20)))


def _draw_bars(
    ax: Axes,
    cells: pd.DataFrame,
    tasks: Sequence[str],
    methods: Sequence[str],
    colours: Mapping[str, str],
) -> None:
    positions, width = bar_positions(tasks, methods)
    for method in methods:
        own = cells[cells["method"] == method]
        if own.empty:
            continue
        where = [positions[task, method] for task in own["task"]]
        ax.bar(where, own["mean"], width * 0.92, color=colours[method], zorder=2)
        known = own["standard_error"].notna().to_numpy()
        if known.any():
            at = [x for x, has in zip(where, known, strict=True) if has]
            ax.errorbar(at, own["mean"][known], own["standard_error"][known], **ERROR_BAR)


def _draw_units(ax: Axes, dots: pd.DataFrame, tasks: Sequence[str], methods: Sequence[str]) -> None:
    positions, width = bar_positions(tasks, methods)
    # Beside the error bar, not on it.
    where = [positions[d.task, d.method] - 0.26 * width for d in dots.itertuples()]
    ax.scatter(where, dots["two_vs_two"], **DOT)


def _write_values(
    ax: Axes, cells: pd.DataFrame, tasks: Sequence[str], methods: Sequence[str]
) -> None:
    positions, _ = bar_positions(tasks, methods)
    for cell in cells.itertuples():
        error = 0.0 if math.isnan(cell.standard_error) else cell.standard_error
        ax.annotate(
            f"{cell.mean:.2f}",
            (positions[cell.task, cell.method], max(cell.mean + error, 0.0)),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )


def _score_limits(cells: pd.DataFrame) -> tuple[float, float]:
    low, high = float(cells["mean"].min()), float(cells["mean"].max())
    top = 1.08 if high <= 1 else 1.15 * high
    return (0.0 if low >= 0 else 1.15 * low, top)
