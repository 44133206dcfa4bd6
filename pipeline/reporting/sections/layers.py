"""Layer profiles: where along the layers of a base the alignment is found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from pipeline.reporting.chance import ChanceBand, chance_band
from pipeline.reporting.figures.layers import layers_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import number
from pipeline.reporting.views import View


def layer_means(layer_profile: pd.DataFrame) -> pd.DataFrame:
    """Average layer profiles over tasks and subjects.

    Parameters
    ----------
    layer_profile : DataFrame
        2v2 accuracy per layer, mean over folds; layers are numbers, 0 the embedding.

    Returns
    -------
    DataFrame
        Columns roi, method, layer, mean, sem (over subjects; NaN for one). Subjects weigh the
        same however many seeds and tasks each has.
    """
    cell = ["roi", "method", "layer"]
    by_subject = layer_profile.groupby([*cell, "subject"], sort=False)["two_vs_two"].mean()
    by_layer = by_subject.groupby(cell, sort=False).agg(["mean", "sem"]).reset_index()
    return by_layer.sort_values("layer", kind="stable")


def layer_figure(
    view: View, layer_profile: pd.DataFrame, band: ChanceBand, all_methods: Sequence[str]
) -> NamedFigure | None:
    """Draw the layer profiles of one view: a panel for each ROI, a line for each method.

    Returns
    -------
    NamedFigure or None
        None where the view has no layer profile.
    """
    rows = view.rows_of(layer_profile)
    if rows.empty:
        return None
    lines = layer_means(rows)
    title = f"Layer profile, {view.direction} 2v2 accuracy: {view.subjects}, {view.whose}"
    n_subjects = rows["subject"].nunique()
    over = (
        f"mean over tasks and {n_subjects} subjects, with a band of one standard error over "
        "subjects"
        if n_subjects > 1
        else "mean over tasks, of the one subject"
    )
    best = lines.loc[lines.groupby(["roi", "method"], sort=False)["mean"].idxmax()]
    return NamedFigure(
        name=f"layers-{view.name}",
        title=title,
        caption=(
            f"Each line: {over}, for every layer whether or not it was the one chosen. Layer 0 is "
            f"the embedding. Dashed line: chance (0.5).{band.caption}"
        ),
        alt=f"{title}. Best layers: "
        + "; ".join(
            f"{c.roi}, {in_words(str(c.method))}: layer {c.layer}, {number(c.mean)}"
            for c in best.itertuples()
        )
        + ".",
        draw=partial(layers_figure, title, lines, band, looks_of(all_methods)),
    )


def _content(results: StudyResults) -> Content:
    # without a split of its own, a profile is drawn once
    views = {(v.base, v.brain, v.direction): v for v in reversed(results.views)}
    figures = [
        layer_figure(
            view,
            results.layer_profile,
            chance_band(view, results.chance),
            results.method_names,
        )
        for view in reversed(views.values())
    ]
    return Content(tuple(figure for figure in figures if figure is not None))


SECTION = Section("Layer profiles", ("layer_profile",), _content)
