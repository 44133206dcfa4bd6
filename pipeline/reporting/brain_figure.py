"""A picture of a brain dataset: how many voxels each region has, and how well they repeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting.style import STYLE

_MOST_ROIS = 30  # more labels than these cannot be read side by side


def brain_figure(title: str, overview: pd.DataFrame) -> Figure:
    """Draw voxels and, where stimuli were repeated, split-half 2v2 accuracy by ROI and subject.

    Parameters
    ----------
    title : str
        Name of the dataset, with the word simulated where its subjects are.
    overview : DataFrame
        One row for each subject and ROI: subject, roi, voxels and, where known,
        ceiling_two_vs_two. Of more than 30 regions the largest are drawn.

    Returns
    -------
    Figure
    """
    sizes = overview.groupby("roi", sort=False).voxels.max()
    rois = [roi for roi in sizes.index if roi in set(sizes.nlargest(_MOST_ROIS).index)]
    measures = [("voxels", "voxels")]
    if "ceiling_two_vs_two" in overview.columns:
        measures.append(("ceiling_two_vs_two", "split-half 2v2 accuracy"))
    with rc_context(STYLE):
        width = max(6.0, 0.5 * len(rois) + 2)
        figure = Figure(figsize=(width, 2.8 * len(measures)), layout="constrained")
        panels = np.atleast_1d(figure.subplots(len(measures), 1, sharex=True))
        for panel, (column, label) in zip(panels, measures, strict=True):
            _draw(panel, overview, rois, column)
            panel.set_ylabel(label)
        panels[-1].set_xticks(range(len(rois)), rois, rotation=30 if len(rois) > 6 else 0)
        panels[0].set_ylim(bottom=0)  # sizes are compared as lengths
        if len(measures) > 1:
            panels[1].axhline(0.5, color="black", linestyle="--", linewidth=0.8)
        dropped = len(sizes) - len(rois)
        figure.suptitle(
            title + (f" (the {len(rois)} largest of {len(sizes)} ROIs)" if dropped else "")
        )
        panels[0].legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
    return figure


def _draw(panel: Axes, overview: pd.DataFrame, rois: Sequence[str], column: str) -> None:
    subjects = list(dict.fromkeys(overview.subject))
    shift = 0.6 / max(1, len(subjects))
    for number, subject in enumerate(subjects):
        rows = overview[overview.subject == subject].set_index("roi")[column]
        places = [i + shift * (number - (len(subjects) - 1) / 2) for i in range(len(rois))]
        heights = [rows.get(roi, np.nan) for roi in rois]
        panel.plot(places, heights, "o", markersize=5, label=subject)
