"""Noise ceilings: how well responses can be predicted at all, by half of their own repeats.

Or, where responses are simulated, by the signal in them. Other subjects give a third ceiling:
see :mod:`pipeline.alignment.ceilings.across_subjects`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.ceilings.chance import ceiling_p
from pipeline.alignment.constant import constant_row_problems
from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two
from pipeline.errors import AlignmentError, Problem, refuse


def split_half_ceiling(
    repeats: NDArray[np.floating], folds: Sequence[Fold], n_splits: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Score one half of the repeats as a prediction of the other, within test folds.

    Parameters
    ----------
    repeats : ndarray of float, shape (n_repeats, n_stimuli, n_voxels)
        Single presentations, at least two.
    folds : sequence of Fold
        Of the repeated stimuli: each half is z-scored by their training rows. Where only some
        stimuli repeat, these are not the folds of an alignment, but made in the same way.
    n_splits : int
        Random divisions of the repeats into halves that are averaged over; two repeats have only
        one. Of an odd number of repeats each division leaves one out.
    seed : int
        Of the divisions.

    Returns
    -------
    DataFrame
        One row for each fold: fold, two_vs_two (Pearson), correlation (mean over test stimuli of
        half with half) and correlation_corrected, ``2 r / (1 + r)`` by Spearman and Brown for
        data of twice the length, i.e. the mean over both halves.

    Raises
    ------
    AlignmentError
        Fewer than two repeats, values that are not finite, or a constant pattern.

    Notes
    -----
    Nothing is clipped. ``two_vs_two`` is that of single halves: the mean over all repeats is less
    noisy, so a good model may well exceed it, and a corrected correlation may exceed 1 or, where
    halves disagree (r < 0), mean nothing (minus infinity at r = -1).
    """
    refuse(_problems(repeats), AlignmentError)
    rng = np.random.default_rng(seed)
    n_repeats = len(repeats)
    size = n_repeats // 2
    scores = np.zeros((len(folds), 2))
    divisions = n_splits if n_repeats > 2 else 1
    for _ in range(divisions):
        order = rng.permutation(n_repeats)
        first = repeats[order[:size]].mean(axis=0, dtype=np.float64)
        second = repeats[order[size : 2 * size]].mean(axis=0, dtype=np.float64)
        for number, fold in enumerate(folds):
            R = _correlated(first, second, fold, f"fold {number}")
            scores[number] += float(two_vs_two(R)), float(mean_correlation(R))
    scores /= divisions
    r = scores[:, 1]
    with np.errstate(divide="ignore"):
        corrected = 2 * r / (1 + r)
    return pd.DataFrame(
        {
            "fold": np.arange(len(folds)),
            "two_vs_two": scores[:, 0],
            "correlation": r,
            "correlation_corrected": corrected,
        }
    )


def signal_ceiling(
    signal: NDArray[np.floating],
    values: NDArray[np.floating],
    groups: NDArray[np.generic],
    folds: Sequence[Fold],
) -> pd.DataFrame:
    """Score the signal that a simulation put into responses as the prediction of them.

    Parameters
    ----------
    signal, values : ndarray of float, shape (n_stimuli, n_voxels)
        What the stimuli explain, and the responses with their noise.
    groups : ndarray, shape (n_stimuli,)
    folds : sequence of Fold
        Both are z-scored by their training rows.

    Returns
    -------
    DataFrame
        One row for each fold: fold, two_vs_two, correlation and p, of all folds together: see
        :func:`pipeline.alignment.ceilings.chance.ceiling_p`. No model can be expected to do
        better on stimuli whose noise it has not seen.

    Raises
    ------
    AlignmentError
        A constant pattern.
    """
    every = [_correlated(signal, values, fold, f"fold {n}") for n, fold in enumerate(folds)]
    rows = [(n, float(two_vs_two(R)), float(mean_correlation(R))) for n, R in enumerate(every)]
    table = pd.DataFrame(rows, columns=["fold", "two_vs_two", "correlation"])
    return table.assign(p=ceiling_p(every, folds, groups))


def ceiling_by_roi(
    ceiling: Callable[..., pd.DataFrame],
    arrays: Sequence[NDArray[np.floating]],
    rois: Mapping[str, NDArray[np.int64]],
    *shared: object,
) -> pd.DataFrame:
    """Estimate a ceiling for each ROI.

    Parameters
    ----------
    ceiling : callable
        :func:`split_half_ceiling` or :func:`signal_ceiling`.
    arrays : sequence of ndarray, shape (..., n_voxels)
        What it takes.
    rois : mapping of str to ndarray of int
        ROI -> columns.
    *shared : object
        What it takes after them, the same for every ROI, such as folds.

    Returns
    -------
    DataFrame
        Its rows, with a column ``roi`` before them.
    """
    tables = []
    for roi, columns in rois.items():
        table = ceiling(*(array[..., columns] for array in arrays), *shared)
        table.insert(0, "roi", roi)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _correlated(
    first: NDArray[np.floating], second: NDArray[np.floating], fold: Fold, where: str
) -> NDArray[np.float64]:
    """Correlate test patterns of one array with those of another, shape (n_test, n_test)."""
    rows = [_unit_rows(array, fold, where) for array in (first, second)]
    R: NDArray[np.float64] = rows[0] @ rows[1].T
    return R


def _unit_rows(values: NDArray[np.floating], fold: Fold, where: str) -> NDArray[np.float64]:
    z = z_scored(values, fold.train)[fold.test]
    centred = z - z.mean(axis=1, keepdims=True)
    squares = np.einsum("ij,ij->i", centred, centred)
    raw = np.einsum("ij,ij->i", z, z)
    refuse(constant_row_problems(squares, raw, fold.test, where), AlignmentError)
    unit: NDArray[np.float64] = centred / np.sqrt(squares)[:, None]
    return unit


def _problems(repeats: NDArray[np.floating]) -> Iterator[Problem]:
    if repeats.ndim != 3 or len(repeats) < 2:
        yield Problem(
            "repeats",
            "at least 2 repeats in an array (n_repeats, n_stimuli, n_voxels)",
            f"an array of shape {repeats.shape}",
            "A split-half ceiling needs stimuli that were presented more than once.",
        )
    elif not np.isfinite(repeats).all():
        yield Problem(
            "repeats",
            "finite numbers",
            f"{np.count_nonzero(~np.isfinite(repeats))} NaN or infinite values",
            "Leave these voxels or stimuli out.",
        )
