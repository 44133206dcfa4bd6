"""The answer as one picture: mean differences of each modality, with their intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.style import (
    CHARACTER_WIDTH,
    FIGURE_WIDTH,
    INK,
    RING,
    STYLE,
    lay_out,
    plain,
)
from pipeline.reporting.frames import OVERALL
from pipeline.reporting.methods import contrast_in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.table import interval, number

_ROW = 0.3  # inches
_AT_RIGHT = 2.3  # inches for the numbers


def answer_figure(results: StudyResults, headline: str, contrasts: pd.DataFrame) -> NamedFigure:
    """Draw the mean differences that answer a study, a row for each modality and contrast.

    Parameters
    ----------
    results : StudyResults
    headline : str
        The answer in words; the title.
    contrasts : DataFrame
        Rows of :func:`pipeline.reporting.asked_contrasts.asked_contrasts` in one direction.
    """
    subjects = _subject_means(results, contrasts)
    sentences = "; ".join(_in_words(row) for row in contrasts.itertuples())
    title = headline + " (simulated subjects)" * bool(contrasts["simulated"].all())
    return NamedFigure(
        name="answer",
        title=title,
        caption="Marks: mean over ROIs, tasks and subjects; bars: 95 % interval; rings: subjects.",
        alt=f"{title} {sentences}.",
        draw=lambda: _draw(title, contrasts, subjects, results.method_names),
    )


def _draw(
    title: str, contrasts: pd.DataFrame, subjects: pd.DataFrame, all_methods: list[str]
) -> Figure:
    looks = looks_of(all_methods)
    direction = contrasts["direction"].iloc[0]
    xlabel = f"← lower      difference in {direction} 2v2 accuracy      higher →"
    places, headings = _places(contrasts)
    labels = {p: contrast_in_words(row.method_a, row.method_b) for p, row in places}
    left = 0.4 + CHARACTER_WIDTH * max(map(len, labels.values()))
    with rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH, _ROW * (len(places) + len(headings)) + 1.0))
        panel = figure.add_subplot()
        lay_out(figure, (left, _AT_RIGHT, 0.2, 0.55), title)
        panel.axvline(0, color=INK, linewidth=1)
        for place, row in places:
            look = looks[row.method_a]
            panel.hlines(place, row.low, row.high, colors=look.colour, linewidth=2.6, zorder=3)
            panel.plot(row.difference, place, look.marker, color=look.colour, markersize=7)
            _draw_rings(panel, place, subjects.loc[[row.Index], "difference"])
            panel.annotate(
                _size(row),
                (1, place),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
            )
        panel.set_xlabel(xlabel)
        _finish(panel, labels, headings, left)
    return figure


def _finish(panel: Axes, labels: dict[float, str], headings: dict[float, str], left: float) -> None:
    panel.set_ylim(len(labels) + len(headings) - 0.4, -0.6)
    panel.set_yticks(list(labels), [plain(label) for label in labels.values()])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(visible=False, axis="y")
    panel.grid(visible=True, axis="x")
    panel.margins(x=0.06)
    panel.xaxis.set_major_locator(MaxNLocator(4))
    for place, where in headings.items():
        panel.annotate(
            plain(where),
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(-72 * (left - 0.12), 0),
            textcoords="offset points",
            va="center",
            fontweight="bold",
        )


def _draw_rings(panel: Axes, place: float, differences: pd.Series) -> None:
    panel.plot(differences, [place + 0.28] * len(differences), **RING)


def _places(contrasts: pd.DataFrame) -> tuple[list[tuple[float, Any]], dict[float, str]]:
    """Give each contrast its row, below a heading for its modality and brain."""
    places: list[tuple[float, Any]] = []
    headings: dict[float, str] = {}
    for where, rows in contrasts.groupby("where", sort=False):
        headings[float(len(places) + len(headings))] = str(where)
        for row in rows.itertuples():
            places.append((float(len(places) + len(headings)), row))
    return places, headings


def _subject_means(results: StudyResults, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Average each subject's differences over cells; indexed as the rows of ``asked``."""
    if results.subject_contrasts.empty:
        return pd.DataFrame({"difference": float("nan")}, index=contrasts.index)
    keys = [*OVERALL, "simulated"]
    means = results.subject_contrasts.groupby([*keys, "subject"]).difference.mean().reset_index()
    rows = contrasts[keys].rename_axis("row").reset_index()
    return rows.merge(means, on=keys, how="left").set_index("row")


def _size(row: Any) -> str:
    size = number(row.difference, signed=True)
    return size if pd.isna(row.low) else f"{size} ({interval(row.low, row.high)})"


def _in_words(row: Any) -> str:
    return f"{row.where}: {contrast_in_words(row.method_a, row.method_b)} {_size(row)}"
