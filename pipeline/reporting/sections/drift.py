"""Drift: how far tuning moved features from those of the base, and brain scores beside it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from pipeline.reporting.aggregate import over_rois
from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.curves import Panel, curves_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import UNTUNED, in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, number
from pipeline.reporting.views import View, slug

#: What likeness to the base is measured by.
LIKENESS = {"cka": "CKA, debiased", "rsa": "RSA"}
INTRO = (
    "Likeness of features to those of the untuned base, over the stimuli that subjects were shown: "
    "1 where tuning left their geometry as it was. Over methods there is no p value, as they are "
    "no sample of anything."
)
CAPTION = "A mark is a tuned model: mean over layers; over ROIs and subjects."


def distances_and_scores(view: View, drift: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Pair the distance of each model from its base with its 2v2 accuracy.

    Parameters
    ----------
    view : View
    drift : DataFrame
        As ``StudyResults.drift``.
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.

    Returns
    -------
    DataFrame
        task, method, cka and rsa (mean over layers and trainings; 1 for the base), brain_score
        (mean over ROIs and subjects).
    """
    brain = over_rois(view.rows_of(summary)).rename("brain_score")
    moved = view.rows_of(drift).groupby(["task", "method"], sort=False)[list(LIKENESS)].mean()
    both = brain.to_frame().join(moved, how="left")
    untuned = both.index.get_level_values("method") == UNTUNED
    both.loc[untuned, list(LIKENESS)] = 1.0
    return both.dropna().reset_index()


def _blocks(results: StudyResults, view: View) -> Iterator[NamedFigure | Table]:
    points = distances_and_scores(view, results.drift, results.summary)
    layers = view.rows_of(results.drift)
    if layers.empty:
        return
    looks, band = looks_of(results.method_names), chance_band(view, results.chance)
    title = f"2v2 accuracy against distance from the base: {view.subjects}, {view.base}"
    values = "; ".join(
        f"{row.task} {in_words(str(row.method))}: {number(1 - row.cka)}, {number(1 - row.rsa)}, "
        f"{number(row.brain_score)}"
        for row in points.itertuples()
    )
    panels = [
        Panel(
            f"distance from the base (1 \u2212 {words})",
            "mean 2v2 accuracy",
            points.assign(x=1 - points[name], y=points["brain_score"]),
            joined=False,
            band=band.of_mean,
        )
        for name, words in LIKENESS.items()
    ]
    yield NamedFigure(
        name=slug(f"brain-and-drift-{view.name}"),
        title=title,
        caption=f"{CAPTION}{band.caption_of_mean}",
        alt=f"{title}, as 1 \u2212 CKA, 1 \u2212 RSA, accuracy. {values}.",
        draw=partial(curves_figure, title, panels, looks),
    )
    yield _layers(view, layers, results.method_names)
    yield _table(view, points)


def _layers(view: View, layers: pd.DataFrame, methods: list[str]) -> NamedFigure:
    mean = layers.groupby(["method", "layer"], sort=False)[list(LIKENESS)].mean().reset_index()
    mean = mean.sort_values("layer", kind="stable")
    title = f"Likeness to the base by layer: stimuli of {view.brain}, {view.base}"
    last = mean.groupby("method", sort=False).last()
    values = "; ".join(
        f"{in_words(str(method))}: {number(row.cka)}, {number(row.rsa)}"
        for method, row in last.iterrows()
    )
    panels = [
        Panel(
            "layer", words, pd.DataFrame({"method": mean.method, "x": mean.layer, "y": mean[name]})
        )
        for name, words in LIKENESS.items()
    ]
    return NamedFigure(
        name=slug(f"drift-by-layer-{view.name}"),
        title=title,
        caption="Mean over tasks and trainings; layer 0 is the embedding.",
        alt=f"{title}. In the last layer, as CKA, RSA: {values}.",
        draw=partial(curves_figure, title, panels, looks_of(methods)),
    )


def _table(view: View, points: pd.DataFrame) -> Table:
    texts = pd.DataFrame(
        {
            "task": points["task"],
            "method": points["method"].map(in_words),
            **{words: points[name].map(number) for name, words in LIKENESS.items()},
            "mean 2v2": points["brain_score"].map(number),
        }
    )
    title = f"Likeness to the base: {view.brain}, {view.base}"
    note = "CKA and RSA: mean over layers and trainings."
    return Table(slug(f"drift-{view.name}"), title, note, points, texts, n_labels=2)


def _content(results: StudyResults) -> Content:
    return Content(tuple(b for view in results.main_views for b in _blocks(results, view)), INTRO)


SECTION = Section("How far tuning moved the model", ("drift",), _content)
