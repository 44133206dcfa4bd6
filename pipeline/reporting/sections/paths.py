"""Brain score and task score along paths: trainings, weights from base to full, settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from pipeline.reporting.chance import chance_band
from pipeline.reporting.figures.curves import Panel, curves_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.methods import in_words, looks_of
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import number
from pipeline.reporting.views import View, slug

BRAIN = "mean 2v2 accuracy"
CAPTION = "Lines: mean over subjects and ROIs; bands: a standard error over subjects."
INTRO = (
    "Versions along a path, each aligned as the study declares: those of a training, after steps "
    "that grow by a constant factor; those between the weights of a base, 0, and of its fully "
    "tuned version, 1; and those tuned with other values of a setting."
)


@dataclass(frozen=True)
class PathLook:
    """How a kind of path is drawn.

    Parameters
    ----------
    title : str
    across : str
        What its place is.
    logarithmic : bool
        Whether places grow by factors.
    """

    title: str
    across: str
    logarithmic: bool


KINDS = {
    "step": PathLook("While training", "optimiser steps", logarithmic=True),
    "alpha": PathLook("From base to full", "share of tuned weights", logarithmic=False),
    "prompt_length": PathLook("Longer prompts", "prompt positions", logarithmic=True),
    "max_train": PathLook("More to learn from", "training examples, at most", logarithmic=True),
    "shots": PathLook("More to learn from", "training examples of each class", logarithmic=True),
}


def path_means(paths: pd.DataFrame) -> pd.DataFrame:
    """Average over trainings and subjects.

    Parameters
    ----------
    paths : DataFrame
        Rows of ``StudyResults.paths`` of one kind, base, task, brain, direction and split.

    Returns
    -------
    DataFrame
        method, place, validation, mean, low and high: a standard error over subjects around the
        mean, NaN for one subject.
    """
    subject = ["method", "place", "subject"]
    own = paths.groupby(subject, sort=False)[["two_vs_two", "validation"]].mean()
    by_place = own.groupby(["method", "place"], sort=False)
    means = by_place["two_vs_two"].agg(mean="mean", error="sem")
    means = means.assign(
        low=means["mean"] - means["error"],
        high=means["mean"] + means["error"],
        validation=by_place["validation"].mean(),
    )
    return means.drop(columns="error").reset_index().sort_values(["method", "place"])


def _figures(results: StudyResults, view: View) -> Iterator[NamedFigure]:
    rows = view.rows_of(results.paths)
    looks, band = looks_of(results.method_names), chance_band(view, results.chance)
    for (kind, task), own in rows.groupby(["path", "task"], sort=False):
        look, metric = KINDS[str(kind)], str(own["metric"].iloc[0])
        means = path_means(own)
        title = f"{look.title}, {task}: {view.direction}, {view.subjects}, {view.base}"
        score = f"validation {metric}"
        panels = [
            _panel(means, look.across, BRAIN, "place", "mean", look.logarithmic),
            _panel(means, look.across, score, "place", "validation", look.logarithmic),
            _panel(means, score, BRAIN, "validation", "mean"),
        ]
        panels = [replace(p, band=band.of_mean) if p.up == BRAIN else p for p in panels]
        yield NamedFigure(
            name=slug(f"path-{kind}-{task}-{view.name}"),
            title=title,
            caption=f"{CAPTION}{band.caption_of_mean}",
            alt=f"{title}. {_ends_in_words(means, look)}",
            draw=partial(curves_figure, title, panels, looks),
        )


def _panel(
    means: pd.DataFrame, across: str, up: str, x: str, y: str, logarithmic: bool = False
) -> Panel:
    """Put two columns against each other, with the band where the mean goes up along the path."""
    points = means.assign(x=means[x], y=means[y])
    has_band = (x, y) == ("place", "mean")
    bare = points if has_band else points.drop(columns=["low", "high"])
    return Panel(across, up, bare, logarithmic=logarithmic)


def _ends_in_words(means: pd.DataFrame, look: PathLook) -> str:
    """Say where each method begins and ends."""
    ends = []
    for method, own in means.groupby("method", sort=False):
        ordered = own.sort_values("place")
        first, last = (
            f"{number(row['mean'])} (task {number(row.validation)}) at {row.place:g}"
            for _, row in ordered.iloc[[0, -1]].iterrows()
        )
        ends.append(f"{in_words(str(method))}: from {first} to {last} {look.across}")
    return "; ".join(ends) + "."


def _content(results: StudyResults) -> Content:
    views = results.main_views
    return Content(tuple(f for view in views for f in _figures(results, view)), INTRO)


SECTION = Section("Brain score while the task is learnt", ("paths",), _content, folded=False)
