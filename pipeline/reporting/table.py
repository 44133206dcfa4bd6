"""The form every table has, and the words and signs that all tables share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting.methods import in_words, ordered_methods

CHANCE = 0.5  # of a 2v2 accuracy
MISSING = "—"
DAGGER = "†"
DOUBLE_DAGGER = "‡"
LABEL_HEADINGS = ("task", "method", "score", "difference")
#: What most tables have a row for.
ROW_LABELS = ("task", "method")

#: (base, task, method) of models.
Models = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class Table:
    """One table.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, note : str
        What it shows; how to read it.
    values : DataFrame
        Tidy numbers, one row per cell.
    texts : DataFrame
        Text, the first ``n_labels`` columns being labels.
    n_labels : int
    models : tuple of (str, str, str)
        Base, task and method of the first rows, which are about one tuned model each; the page
        links them to its run.
    """

    name: str
    title: str
    note: str
    values: pd.DataFrame
    texts: pd.DataFrame
    n_labels: int
    models: tuple[tuple[str, str, str], ...] = ()


def number(value: float, signed: bool = False) -> str:
    """Write ``0.713``, or ``+0.013`` and ``−0.013``; a dash where there is none."""
    if math.isnan(value):
        return MISSING
    digits = f"{value:+.3f}" if signed else f"{value:.3f}"
    return digits.replace("-", "\u2212")


def plus_minus(mean: float, error: float, signed: bool = False) -> str:
    """Write ``0.713 ± 0.012``; without the error where there is none."""
    digits = number(mean, signed)
    return digits if math.isnan(error) else f"{digits} ± {error:.3f}"


def interval(low: float, high: float) -> str:
    """Write ``−0.010 to +0.024``."""
    return f"{number(low, signed=True)} to {number(high, signed=True)}"


def p_text(p: float) -> str:
    """Write ``0.012``, or ``<0.001``."""
    return "<0.001" if p < 0.0005 else number(p)


def doubtful_models(summary: pd.DataFrame) -> Models:
    """Collect the models that are unfinished, or no better than their base, in some seed."""
    doubtful = summary["no_better"].astype(bool) | summary["unfinished"].astype(bool)
    return frozenset(
        summary.loc[doubtful, ["base", "task", "method"]].itertuples(index=False, name=None)
    )


def roi_heading(roi: str) -> str:
    """Head an ROI's column; the task network is not to be mistaken for the column of tasks."""
    return f"{roi} (ROI)" if roi in LABEL_HEADINGS else roi


def error_words(rows: pd.DataFrame) -> str:
    """Say over what the standard error of these rows is taken, and how far to trust it."""
    n_units = int(rows["n_units"].max())
    if rows["unit"].iloc[0] == "subjects":
        return f"standard error over {n_units} subjects"
    if n_units == 1:
        return "no standard error (one subject, one fold)"
    return (
        f"standard error over {n_units} folds of the one subject (folds share training stimuli, "
        "so it is too small; it says nothing about other subjects)"
    )


def task_method_keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """List every task with every method, in the order of tables."""
    methods = ordered_methods(rows["method"])
    return [(task, method) for task in dict.fromkeys(rows["task"]) for method in methods]


def roi_grid(
    rows: pd.DataFrame,
    labels: Sequence[str],
    keys: Sequence[tuple[str, ...]],
    write: Callable[[Any], str],
) -> pd.DataFrame:
    """Lay cells out: a row for each key, a column for each ROI.

    Parameters
    ----------
    rows : DataFrame
        One row per key and ROI: the columns of ``labels``, ``roi``, and what ``write`` reads.
    labels : sequence of str
        Columns that make a key; they come first in what is returned.
    keys : sequence of tuple of str
    write : callable
        Makes the text of a cell from a row, as ``itertuples`` gives it.

    Returns
    -------
    DataFrame
        Methods are named in full; a dash stands where there is no row.
    """
    cells = {(*(getattr(c, label) for label in labels), c.roi): c for c in rows.itertuples()}
    rois = list(dict.fromkeys(rows["roi"]))
    grid = pd.DataFrame(
        [
            {
                **dict(zip(labels, key, strict=True)),
                **{
                    roi_heading(roi): write(cells[*key, roi]) if (*key, roi) in cells else MISSING
                    for roi in rois
                },
            }
            for key in keys
        ]
    )
    return grid.assign(method=grid["method"].map(in_words)) if "method" in labels else grid


def score_grid(means: pd.DataFrame) -> pd.DataFrame:
    """Lay means of several scores out: a row for each task, score and method, a column for an ROI.

    Parameters
    ----------
    means : DataFrame
        One row per ``task``, ``score``, ``method`` and ``roi``, with ``mean`` and
        ``standard_error``.
    """
    keys = [
        (task, score, method)
        for task in dict.fromkeys(means["task"])
        for score in dict.fromkeys(means["score"])
        for method in ordered_methods(means["method"])
    ]
    labels = ("task", "score", "method")
    return roi_grid(means, labels, keys, lambda c: plus_minus(c.mean, c.standard_error))
