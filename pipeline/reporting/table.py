"""The form every table has, and the words and signs that all tables share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting.methods import ordered_methods

CHANCE = 0.5  # of a 2v2 accuracy
MISSING = "—"
DAGGER = "†"
LABEL_HEADINGS = ("task", "method", "score", "difference")
#: What most tables have a row for.
ROW_LABELS = ("task", "method")

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


def shown_value(mean: float) -> float:
    """Round as the tables do: two scores that read the same are equally good."""
    return round(float(mean), 3)


def is_best(rows: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Say of each row whether no other row with the same keys has a higher ``mean``, as shown.

    A row without others is not the best of anything.
    """
    shown = rows["mean"].map(shown_value)
    alike = shown.groupby([rows[key] for key in keys])
    return (shown == alike.transform("max")) & (alike.transform("size") > 1)


def task_method_keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """List every task with every method, in the order of tables."""
    methods = ordered_methods(rows["method"])
    return [(task, method) for task in dict.fromkeys(rows["task"]) for method in methods]


def roi_grid(
    rows: pd.DataFrame,
    labels: Sequence[str],
    keys: Sequence[tuple[str, ...]],
    write: Callable[[Any], object],
    absent: object = MISSING,
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
        Makes a cell from a row, as ``itertuples`` gives it.
    absent : object
        Stands where there is no row.

    Returns
    -------
    DataFrame
    """
    cells = {(*(getattr(c, label) for label in labels), c.roi): c for c in rows.itertuples()}
    rois = list(dict.fromkeys(rows["roi"]))
    return pd.DataFrame(
        [
            {
                **dict(zip(labels, key, strict=True)),
                **{
                    roi_heading(roi): write(cells[*key, roi]) if (*key, roi) in cells else absent
                    for roi in rois
                },
            }
            for key in keys
        ]
    )


def no_bold(shown: pd.DataFrame, n_labels: int) -> pd.DataFrame:
    """Set no cell of a table in bold."""
    return pd.DataFrame(False, index=shown.index, columns=shown.columns[n_labels:])
