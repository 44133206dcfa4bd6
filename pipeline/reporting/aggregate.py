"""Means and standard errors: the numbers behind every table and figure of scores."""

from __future__ import annotations

import pandas as pd

VIEW_KEYS = ["base", "brain", "simulated", "direction", "split"]
CELL_KEYS = [*VIEW_KEYS, "roi", "task", "method"]


def unit_means(brain_scores: pd.DataFrame) -> pd.DataFrame:
    """Average 2v2 over everything but the unit that standard errors are taken over.

    The unit is the subject where a brain dataset has several, and the fold where it has one.

    Parameters
    ----------
    brain_scores : DataFrame
        One row per base, task, method, seed, brain, direction, split, ROI, subject and fold.

    Returns
    -------
    DataFrame
        Keys of the cell, ``unit`` ('subjects' or 'folds'), ``repeat`` (0 where subjects are the
        unit), ``unit_id`` and ``two_vs_two``.
    """
    return by_unit(brain_scores, CELL_KEYS, "two_vs_two")


def summarise(units: pd.DataFrame) -> pd.DataFrame:
    """Give mean and standard error over units for each cell.

    Parameters
    ----------
    units : DataFrame
        As :func:`unit_means` returns it.

    Returns
    -------
    DataFrame
        Keys of the cell, ``mean``, ``standard_error`` (NaN for a single unit), ``unit`` and
        ``n_units``. Where a split was repeated and folds are the unit, the standard error is the
        mean of those within a repeat: more repeats of the same stimuli do not make it smaller.
    """
    return mean_and_error(units, CELL_KEYS, "two_vs_two")


def over_rois(cells: pd.DataFrame) -> pd.Series[float]:
    """Average 2v2 over the ROIs of a view, for each task and method.

    Parameters
    ----------
    cells : DataFrame
        Rows of one view, as :func:`summarise` gives them.

    Returns
    -------
    Series of float
        By task and method, in the order they come.
    """
    return cells.groupby(["task", "method"], sort=False)["mean"].mean()


def task_summary(task_scores: pd.DataFrame) -> pd.DataFrame:
    """Average task scores over seeds.

    Returns
    -------
    DataFrame
        One row per base, modality, task, metric and method: ``mean``, ``standard_error`` (mean
        bootstrap standard error; the spread between seeds is ``seed_sd``), ``n_seeds``,
        ``no_better`` (than its base) and ``unfinished`` (ended by the budget with the validation
        loss still falling), each in any seed, parameters, bytes and ``models``.
    """
    judged = task_scores.assign(
        no_better=task_scores["beats_base"] == "false",
        unfinished=(task_scores["stopped"] == "budget") & (task_scores["slope"] < 0),
    )
    grouped = judged.groupby(["base", "modality", "task", "metric", "method"], sort=False)
    return grouped.agg(
        mean=("score", "mean"),
        standard_error=("score_sd_error", "mean"),
        seed_sd=("score", "std"),
        n_seeds=("seed", "nunique"),
        no_better=("no_better", "any"),
        unfinished=("unfinished", "any"),
        trainable_parameters=("trainable_parameters", "max"),
        total_parameters=("total_parameters", "max"),
        bytes_stored=("bytes_stored", "max"),
        models=("model", "; ".join),
    ).reset_index()


def by_unit(
    frame: pd.DataFrame, keys: list[str], column: str, weight: str | None = None
) -> pd.DataFrame:
    """Average a column as :func:`unit_means` does, for cells with other keys.

    Parameters
    ----------
    frame : DataFrame
    keys : list of str
    column : str
        What is averaged.
    weight : str, optional
        Column that says how much a row counts, as a number of pairs; None: all count the same. A
        unit whose rows count nothing is left out.
    """
    n_subjects = frame.groupby("brain")["subject"].transform("nunique")
    several = n_subjects > 1
    with_unit = frame.assign(
        unit=several.map({True: "subjects", False: "folds"}),
        repeat=frame["repeat"].where(~several, 0) if "repeat" in frame.columns else 0,
        unit_id=frame["subject"].astype(str).where(several, frame["fold"].astype(str)),
    )
    cell = [*keys, "unit", "repeat", "unit_id"]
    if weight is None:
        return with_unit.groupby(cell, sort=False)[column].mean().reset_index()
    return weighted_mean(with_unit, cell, column, weight)


def weighted_mean(frame: pd.DataFrame, keys: list[str], column: str, weight: str) -> pd.DataFrame:
    """Average a column with weights; keys without any weight are left out."""
    counted = frame[frame[weight] > 0]
    points = counted.assign(**{column: counted[column] * counted[weight]})
    sums = points.groupby(keys, sort=False)[[column, weight]].sum()
    return (sums[column] / sums[weight]).rename(column).reset_index()


def mean_and_error(units: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Summarise what :func:`by_unit` gives, as :func:`summarise` does."""
    cell = [*keys, "unit"]
    within = units.groupby([*cell, "repeat"], sort=False)[column]
    repeats = within.agg(mean="mean", standard_error="sem", n_units="count").reset_index()
    cells = repeats.groupby(cell, sort=False)[["mean", "standard_error", "n_units"]]
    return cells.agg({"mean": "mean", "standard_error": "mean", "n_units": "max"}).reset_index()
