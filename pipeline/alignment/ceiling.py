"""Noise ceilings: how well responses can be predicted at all.

By one half of a subject's own repeats, by the other subjects, or, where responses are simulated,
by the signal itself. The first two are lower bounds, as halves and other subjects are noisy too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.encoding import encode
from pipeline.alignment.folds import Fold
from pipeline.alignment.gram import constant_row_problems, z_scored
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two
from pipeline.errors import AlignmentError, Problem, refuse


def split_half_ceiling(
    repeats: NDArray[np.floating], folds: Sequence[Fold], n_splits: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Score one half of the repeats as a prediction of the other, in the same test folds.

    Parameters
    ----------
    repeats : ndarray of float, shape (n_repeats, n_stimuli, n_voxels)
        Single presentations, at least two.
    folds : sequence of Fold
        Those that are scored: each half is z-scored by their training rows.
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


def across_subjects_ceiling(
    responses: Mapping[str, NDArray[np.floating]],
    others: Sequence[Mapping[str, NDArray[np.floating]]],
    groups: ArrayLike,
    settings: AlignSettings,
) -> pd.DataFrame:
    """Predict each ROI of one subject from the same ROI of all other subjects, by ridge.

    Parameters
    ----------
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the subject that is predicted.
    others : sequence of mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the other subjects, for the same stimuli. Each counts the same, however many voxels it
        has: see :func:`pipeline.alignment.encoding.encode`. A subject without the ROI is left out.
    groups : array_like, shape (n_stimuli,)
    settings : AlignSettings
        Folds, alphas and similarity are those of an alignment with these settings.

    Returns
    -------
    DataFrame
        One row for each ROI x fold: roi, fold, two_vs_two, correlation. No rows for an ROI that
        no other subject has.

    Raises
    ------
    AlignmentError
        Where :func:`pipeline.alignment.encoding.encode` refuses.

    Notes
    -----
    Brains have no voxel in common, so others are mapped to the subject as a model is: as in the
    ceilings of Schrimpf et al. (2021), without their extrapolation to infinitely many subjects.
    A lower bound: a model may exceed it, the more easily the fewer and noisier the others are.
    """
    tables = []
    for roi, values in responses.items():
        bands = tuple(other[roi] for other in others if roi in other)
        if bands:
            tables.append(encode({"other subjects": bands}, {roi: values}, groups, settings))
    columns = ["roi", "fold", "two_vs_two", "correlation"]
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return scores[columns]


def signal_ceiling(
    signal: NDArray[np.floating], values: NDArray[np.floating], folds: Sequence[Fold]
) -> pd.DataFrame:
    """Score the signal that a simulation put into responses as the prediction of them.

    Parameters
    ----------
    signal, values : ndarray of float, shape (n_stimuli, n_voxels)
        What the stimuli explain, and the responses with their noise.
    folds : sequence of Fold
        Both are z-scored by their training rows.

    Returns
    -------
    DataFrame
        One row for each fold: fold, two_vs_two, correlation. No model can be expected to do
        better on stimuli whose noise it has not seen.

    Raises
    ------
    AlignmentError
        A constant pattern.
    """
    rows = []
    for number, fold in enumerate(folds):
        R = _correlated(signal, values, fold, f"fold {number}")
        rows.append((number, float(two_vs_two(R)), float(mean_correlation(R))))
    return pd.DataFrame(rows, columns=["fold", "two_vs_two", "correlation"])


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
