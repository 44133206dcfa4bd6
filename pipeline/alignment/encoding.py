"""Encoding from sources that are no features of a model: other subjects, nuisance, joined bands.

A source is one or more bands, arrays with a row for each stimulus. Their kernels, z-scored by the
training rows, are scaled to the same trace over those rows and summed, so that a band of three
columns weighs as much as one of 768. That is ridge on the bands side by side, each divided by
the root of its trace; all share one alpha, which is chosen inside the training fold as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.alphas import open_study
from pipeline.alignment.engine import PairScore, fold_grams, score_direction
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.gram import Grams, gram_matrices
from pipeline.alignment.inputs import check_inputs
from pipeline.alignment.settings import AlignSettings
from pipeline.errors import AlignmentError, Problem

Bands = tuple[NDArray[np.floating], ...]
SCORES = (
    "two_vs_two",
    "correlation",
    "rank_accuracy",
    "alpha",
    "alpha_absolute",
    "alpha_at_border",
)


def encode(
    sources: Mapping[str, Bands],
    responses: Mapping[str, NDArray[np.floating]],
    groups: ArrayLike,
    settings: AlignSettings,
) -> pd.DataFrame:
    """Score how well each source predicts responses, for one subject.

    Parameters
    ----------
    sources : mapping of str to tuple of ndarray, each of shape (n_stimuli, n_columns)
        Their patterns are never compared, so a band may have a single column. A band whose
        columns are all constant over the training rows of a fold adds nothing in that fold.
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)
    settings : AlignSettings
        The same as for :func:`pipeline.alignment.align` gives the same folds and alphas.

    Returns
    -------
    DataFrame
        One row for each ROI x source x fold: the columns of :func:`pipeline.alignment.align`,
        ``direction`` always 'encoding' and ``layer`` the source.

    Raises
    ------
    AlignmentError
        Arrays, folds or responses that cannot be aligned, or a source of which nothing varies
        over the training rows of a fold.
    """
    flat = {f"{name}, band {n}": x for name, bands in sources.items() for n, x in enumerate(bands)}
    check_inputs(flat, responses, groups)
    folds = nested_folds(groups, settings)
    alphas = open_study("encoding", settings).alphas
    rows: list[dict[str, Any]] = []
    for number, fold in enumerate(folds):
        train = fold.outer.train
        x = {name: _joined(name, bands, train, number) for name, bands in sources.items()}
        y = fold_grams(responses, train, settings.similarity, f"fold {number}, ROI")
        rows += (_row(number, pair) for pair in score_direction(x, y, fold, alphas))
    rois, layers = list(responses), list(sources)
    rows.sort(key=lambda row: (rois.index(row["roi"]), layers.index(row["layer"]), row["fold"]))
    return pd.DataFrame(rows)


def varying(
    sources: Mapping[str, Bands], groups: ArrayLike, settings: AlignSettings
) -> dict[str, Bands]:
    """Keep the sources of which something varies over the training rows of every fold."""
    folds = nested_folds(groups, settings)
    return {
        name: bands
        for name, bands in sources.items()
        if all(any(np.ptp(x[f.outer.train], axis=0).max() > 0 for x in bands) for f in folds)
    }


def _joined(name: str, bands: Bands, train: NDArray[np.int64], fold: int) -> Grams:
    """Sum the kernels of the bands, each scaled to a mean diagonal of 1 over the training rows."""
    n_stimuli = len(bands[0])
    kernel = np.zeros((n_stimuli, n_stimuli))
    for band in bands:
        own = gram_matrices(band, train, "cosine").kernel
        trace = np.diagonal(own)[train].mean()
        if trace > 0:
            kernel += own / trace
    if not kernel.any():
        raise AlignmentError(
            Problem(
                f"fold {fold}, {name}",
                "columns that vary over the training stimuli",
                "only constant columns",
                "Leave this source out: nothing can be learned from it.",
            )
        )
    return Grams(kernel, kernel)  # what is predicted from is never compared: patterns stand idle


def _row(fold: int, pair: PairScore) -> dict[str, Any]:
    return {
        "direction": "encoding",
        "roi": pair.target,
        "layer": pair.source,
        "fold": fold,
        **{name: getattr(pair, name) for name in SCORES},
        "inner_two_vs_two": pair.inner_two_vs_two[pair.position],
        "inner_correlation": pair.inner_correlation[pair.position],
        "n_test": pair.n_test,
        "n_train": pair.n_train,
    }
