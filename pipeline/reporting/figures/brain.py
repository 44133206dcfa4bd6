"""Figures of a brain dataset: its regions, how well they repeat, and how their voxels respond."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.style import CHANCE_LINE, STYLE, finish, legend_columns, plain

_MOST_ROIS = 30  # more labels than these cannot be read side by side
_MOST_NAMED = 10  # subjects in a legend
_CEILINGS = {
    "ceiling_two_vs_two": ("split-half\n2v2 accuracy", 0.5),
    "ceiling_correlation": ("split-half\ncorrelation", 0.0),
}
_SPREADS = {
    "mean": "mean over stimuli\n(responses as given)",
    "sd": "standard deviation\nover stimuli",
}


def regions_figure(title: str, overview: pd.DataFrame) -> Figure:
    """Draw voxels, voxels left out and noise ceilings by ROI and subject.

    Parameters
    ----------
    title : str
        Name of the dataset, with the word simulated where its subjects are.
    overview : DataFrame
        One row for each subject and ROI: subject, roi, voxels, left_out and, where known,
        ceiling_two_vs_two and ceiling_correlation. Of more than 30 regions the largest are drawn.
        A panel of what was left out is drawn only where something was.
    """
    measures: list[tuple[str, str, float | None]] = [("voxels", "voxels", None)]
    if overview.left_out.any():
        measures.append(("left_out", "unusable voxels\nleft out", None))
    known = [name for name in _CEILINGS if name in overview and overview[name].notna().any()]
    measures += [(name, *_CEILINGS[name]) for name in known]
    rois = _largest(overview)
    with rc_context(STYLE):
        figure, panels = _panels(len(measures), rois)
        for panel, (column, label, chance) in zip(panels, measures, strict=True):
            _dots(panel, overview, rois, column)
            panel.set_ylabel(label)
            if chance is None:
                panel.set_ylim(bottom=0)  # sizes are compared as lengths
                panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            else:
                panel.axhline(chance, **CHANCE_LINE)
        _finish(figure, panels, _titled(title, overview, rois))
    return figure


def responses_figure(title: str, spread: pd.DataFrame) -> Figure:
    """Draw how much the voxels of each ROI respond and vary: median, middle half, 5 to 95 %.

    Parameters
    ----------
    title : str
    spread : DataFrame
        From :func:`pipeline.brains.spread.voxel_spread`.
    """
    rois = list(dict.fromkeys(spread.roi))[:_MOST_ROIS]
    with rc_context(STYLE):
        figure, panels = _panels(len(_SPREADS), rois)
        for panel, (what, label) in zip(panels, _SPREADS.items(), strict=True):
            _ranges(panel, spread, rois, what)
            panel.set_ylabel(label)
        panels[1].set_ylim(bottom=0)
        _finish(figure, panels, f"{title}: voxels (median, middle half, 5 to 95 %)")
    return figure


def _largest(overview: pd.DataFrame) -> list[str]:
    sizes = overview.groupby("roi", sort=False).voxels.max()
    return [roi for roi in sizes.index if roi in set(sizes.nlargest(_MOST_ROIS).index)]


def _titled(title: str, overview: pd.DataFrame, rois: Sequence[str]) -> str:
    n_rois = overview.roi.nunique()
    return title + (f" (the {len(rois)} largest of {n_rois} ROIs)" if n_rois > len(rois) else "")


def _panels(n_panels: int, rois: Sequence[str]) -> tuple[Figure, list[Axes]]:
    width = min(16.0, max(6.5, 0.55 * len(rois) + 2.5))
    figure = Figure(figsize=(width, 1.9 * n_panels + 1.2), layout="constrained")
    panels = np.atleast_1d(figure.subplots(n_panels, 1, sharex=True)).tolist()
    for panel in panels:
        panel.margins(y=0.12)
    slanted = sum(len(roi) + 2 for roi in rois) * 0.085 > width
    aside = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    panels[-1].set_xticks(range(len(rois)), [plain(roi) for roi in rois], **aside)
    panels[-1].set_xlim(-0.6, len(rois) - 0.4)
    return figure, panels


def _places(table: pd.DataFrame, rois: Sequence[str]) -> list[tuple[str, list[float]]]:
    """Give each subject its places beside the others of a ROI."""
    subjects = list(dict.fromkeys(table.subject))
    shift = 0.7 / max(1, len(subjects))
    return [
        (subject, [roi + shift * (number - (len(subjects) - 1) / 2) for roi in range(len(rois))])
        for number, subject in enumerate(subjects)
    ]


def _dots(panel: Axes, overview: pd.DataFrame, rois: Sequence[str], column: str) -> None:
    for subject, places in _places(overview, rois):
        rows = overview[overview.subject == subject].set_index("roi")[column]
        heights = [rows.get(roi, np.nan) for roi in rois]
        panel.plot(places, heights, "o", markersize=5, label=plain(subject), clip_on=False)


def _ranges(panel: Axes, spread: pd.DataFrame, rois: Sequence[str], what: str) -> None:
    for subject, places in _places(spread, rois):
        rows = spread[spread.subject == subject].set_index("roi").reindex(rois)
        low, first, middle, third, high = (
            rows[f"{what}_{quantile}"].to_numpy() for quantile in ("05", "25", "50", "75", "95")
        )
        (dots,) = panel.plot(places, middle, "o", markersize=6, label=plain(subject), zorder=3)
        panel.plot(places, middle, "o", markersize=2.5, color="white", zorder=4)
        panel.vlines(places, low, high, colors=dots.get_color(), linewidth=1)
        panel.vlines(places, first, third, colors=dots.get_color(), linewidth=3.5)


def _finish(figure: Figure, panels: Sequence[Axes], title: str) -> None:
    handles, labels = panels[0].get_legend_handles_labels()
    if 1 < len(labels) <= _MOST_NAMED:
        columns = legend_columns(labels, figure.get_figwidth())
        figure.legend(handles, labels, loc="outside lower left", ncols=columns, frameon=False)
    finish(figure, title)
