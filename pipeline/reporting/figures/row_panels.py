"""Panels whose rows are ROIs and tasks: a line of text for each cell, its numbers along x."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform, blended_transform_factory

from pipeline.reporting.figures.style import (
    CHARACTER_WIDTH,
    GRID,
    HALF_WIDTH,
    LINE_HEIGHT,
    lay_out,
    legend_columns,
    plain,
)
from pipeline.reporting.table import roi_heading

_LONGEST_LABEL = 24  # characters


@dataclass(frozen=True)
class RowPlaces:
    """Places of cells from top to bottom.

    Parameters
    ----------
    places : dict of (str, str) to float
        ROI and task -> row.
    headings : dict of str to float
        ROI -> row of its own, above its tasks; empty where there is one task.
    """

    places: dict[tuple[str, str], float]
    headings: dict[str, float]

    @property
    def n_rows(self) -> int:
        """Count the rows, headings among them."""
        return len(self.places) + len(self.headings)

    @property
    def labels(self) -> dict[float, str]:
        """Text at the left of each row of cells."""
        by_task = bool(self.headings)
        return {
            place: _short(task if by_task else roi_heading(roi))
            for (roi, task), place in self.places.items()
        }


def rows_of(cells: Iterable[tuple[str, str]]) -> RowPlaces:
    """Give each ROI and task its row: the tasks of an ROI below each other.

    Parameters
    ----------
    cells : iterable of (str, str)
        ROI and task, with or without repeats.
    """
    distinct = list(dict.fromkeys(cells))
    several = len({task for _, task in distinct}) > 1
    places: dict[tuple[str, str], float] = {}
    headings: dict[str, float] = {}
    row = 0.0
    for roi in dict.fromkeys(roi for roi, _ in distinct):
        if several:
            headings[roi], row = row, row + 1
        for cell in (cell for cell in distinct if cell[0] == roi):
            places[cell], row = row, row + 1
    return RowPlaces(places, headings)


def rows_panel(rows: RowPlaces, title: str, xlabel: str, legend: list[str]) -> tuple[Figure, Axes]:
    """Make a panel with a labelled line for each row, and room below for a legend.

    Parameters
    ----------
    rows : RowPlaces
    title, xlabel : str
    legend : list of str
        Labels that the legend will have.
    """
    columns = legend_columns(legend, HALF_WIDTH) if legend else 1
    legend_lines = -(-len(legend) // columns)
    bottom = 0.5 + LINE_HEIGHT * legend_lines
    longest = max(
        [len(label) for label in rows.labels.values()] + [len(_short(r)) for r in rows.headings]
    )
    left = 0.25 + CHARACTER_WIDTH * longest
    height = LINE_HEIGHT * rows.n_rows + 0.35 + bottom
    figure = Figure(figsize=(HALF_WIDTH, height))
    panel = figure.add_subplot()
    lay_out(figure, (left, 0.15, 0.16, bottom), title)
    panel.set(ylim=(rows.n_rows - 0.4, -0.6), xlabel=plain(xlabel))
    panel.set_yticks(list(rows.labels), [plain(label) for label in rows.labels.values()])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(visible=False, axis="y")
    panel.grid(visible=True, axis="x")
    for roi, place in rows.headings.items():
        panel.text(
            0.08 / HALF_WIDTH,
            place,
            plain(_short(roi_heading(roi))),
            transform=_across(figure, panel),
            va="center",
            fontweight="bold",
        )
        if place:
            panel.axhline(place - 0.5, color=GRID, linewidth=0.8)
    return figure, panel


def add_legend(figure: Figure, panel: Axes, labels: list[str]) -> None:
    """Put the legend below the panel, in the room that :func:`rows_panel` has left for it."""
    handles, named = panel.get_legend_handles_labels()
    by_label = dict(zip(named, handles, strict=True))
    figure.legend(
        [by_label[label] for label in labels],
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 0),
        ncols=legend_columns(labels, HALF_WIDTH),
        frameon=False,
        borderaxespad=0.1,
    )


def _across(figure: Figure, panel: Axes) -> Transform:
    """Coordinates of the figure along x and of the panel's rows along y."""
    return blended_transform_factory(figure.transFigure, panel.transData)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
