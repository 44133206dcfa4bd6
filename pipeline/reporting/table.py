"""The form every table has, and the words and signs that all tables share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

CHANCE = 0.5  # of a 2v2 accuracy
MISSING = "—"
DAGGER = "†"
LABEL_HEADINGS = ("task", "method", "difference")

#: (base, task, method) of models that did not converge.
Unconverged = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class Table:
    """One table.

    Parameters
    ----------
    name : str
        Stem of its file.
    title, note : str
        What it shows; how to read it.
    values : DataFrame
        Tidy numbers, one row per cell.
    shown : DataFrame
        Text, the first ``n_labels`` columns being labels.
    bold : DataFrame of bool
        Which cells of ``shown`` to set in bold; same rows, columns without the labels.
    n_labels : int
    """

    name: str
    title: str
    note: str
    values: pd.DataFrame
    shown: pd.DataFrame
    bold: pd.DataFrame
    n_labels: int


def plus_minus(mean: float, error: float, signed: bool = False) -> str:
    """Write ``0.713 ± 0.012``; without the error where there is none."""
    written = f"{mean:+.3f}" if signed else f"{mean:.3f}"
    written = written.replace("-", "\u2212")
    return written if math.isnan(error) else f"{written} ± {error:.3f}"


def unconverged_models(summary: pd.DataFrame) -> Unconverged:
    """Collect the models that did not converge in at least one seed."""
    rows = summary.loc[~summary["converged"].astype(bool), ["base", "task", "method"]]
    return frozenset(rows.itertuples(index=False, name=None))


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
