"""One subject's scores: every direction, ROI, layer and fold, and one number for each ROI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.alphas import AlphaStudy, open_study
from pipeline.alignment.engine import Direction, PairScore, fold_grams, score_direction
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.inputs import check_inputs
from pipeline.alignment.settings import AlignSettings

DIRECTIONS: tuple[Direction, ...] = ("encoding", "decoding")


def align(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, NDArray[np.floating]],
    groups: ArrayLike,
    settings: AlignSettings,
) -> pd.DataFrame:
    """Score how well features predict responses, and responses features, for one subject.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)
        Stimulus group of each stimulus.
    settings : AlignSettings

    Returns
    -------
    DataFrame
        One row for each direction x ROI x layer x fold, in that order: direction, roi, layer,
        fold, two_vs_two, correlation, rank_accuracy, alpha (relative), alpha_absolute,
        alpha_at_border, inner_two_vs_two, inner_correlation, n_test, n_train. Inner scores are
        those of the chosen alpha. Never NaN. ``attrs['trials']`` lists what Optuna was told:
        direction, roi, alpha and its mean inner 2v2 over layers and folds.

    Raises
    ------
    AlignmentError
        All problems at once of the arrays, of the folds, or of the z-scored arrays in one fold.
    """
    check_inputs(features, responses, groups)
    folds = nested_folds(groups, settings)
    studies = {
        (direction, roi): open_study(f"{direction}/{roi}", settings)
        for direction in DIRECTIONS
        for roi in responses
    }
    # One seed, one sequence: all studies try the same alphas, and one factorisation serves them.
    alphas = next(iter(studies.values())).alphas
    scored: list[tuple[Direction, int, PairScore]] = []
    for number, fold in enumerate(folds):
        # Both directions share the Gram matrices, and only those of one fold are held.
        train = fold.outer.train
        x = fold_grams(features, train, settings.similarity, f"fold {number}, layer")
        y = fold_grams(responses, train, settings.similarity, f"fold {number}, ROI")
        scored += [("encoding", number, pair) for pair in score_direction(x, y, fold, alphas)]
        scored += [("decoding", number, pair) for pair in score_direction(y, x, fold, alphas)]
    table = _in_order(_rows(scored), features, responses)
    table.attrs["trials"] = _tell(studies, scored)
    return table


def best_layers(scores: pd.DataFrame) -> pd.DataFrame:
    """Keep one layer for each direction, ROI and outer fold: the best inside the training fold.

    Parameters
    ----------
    scores : DataFrame
        From :func:`align`; with a column ``subject`` where there are several.

    Returns
    -------
    DataFrame
        The chosen rows, in the order they had. A layer is chosen by its inner 2v2 accuracy
        (among equals by inner correlation, then by order), so no test stimulus takes part in the
        choice, and the mean over folds is one honest number per direction, ROI and subject.
    """
    cell = [name for name in ("subject", "direction", "roi", "fold") if name in scores.columns]
    order = ["inner_two_vs_two", "inner_correlation"]
    ranked = scores.sort_values(order, ascending=False, kind="stable")
    return ranked.groupby(cell, sort=False).head(1).sort_index()


def _places(direction: Direction, pair: PairScore) -> tuple[str, str]:
    """Say which of source and target is the ROI and which the layer."""
    if direction == "encoding":
        return pair.target, pair.source
    return pair.source, pair.target


def _rows(scored: Sequence[tuple[Direction, int, PairScore]]) -> Iterator[dict[str, Any]]:
    for direction, fold, pair in scored:
        roi, layer = _places(direction, pair)
        yield {
            "direction": direction,
            "roi": roi,
            "layer": layer,
            "fold": fold,
            "two_vs_two": pair.two_vs_two,
            "correlation": pair.correlation,
            "rank_accuracy": pair.rank_accuracy,
            "alpha": pair.alpha,
            "alpha_absolute": pair.alpha_absolute,
            "alpha_at_border": pair.alpha_at_border,
            "inner_two_vs_two": pair.inner_two_vs_two[pair.position],
            "inner_correlation": pair.inner_correlation[pair.position],
            "n_test": pair.n_test,
            "n_train": pair.n_train,
        }


def _in_order(
    rows: Iterator[dict[str, Any]], layers: Mapping[str, object], rois: Mapping[str, object]
) -> pd.DataFrame:
    places = [
        {name: place for place, name in enumerate(names)} for names in (DIRECTIONS, rois, layers)
    ]
    ordered = sorted(
        rows,
        key=lambda row: (
            places[0][row["direction"]],
            places[1][row["roi"]],
            places[2][row["layer"]],
            row["fold"],
        ),
    )
    return pd.DataFrame(ordered)


def _tell(
    studies: Mapping[tuple[Direction, str], AlphaStudy],
    scored: Sequence[tuple[Direction, int, PairScore]],
) -> list[dict[str, Any]]:
    """Give every study its trials' scores, and list them."""
    told = []
    for (direction, roi), study in studies.items():
        curves = [
            pair.inner_two_vs_two
            for scored_direction, _, pair in scored
            if scored_direction == direction and _places(direction, pair)[0] == roi
        ]
        means = np.mean(curves, axis=0)
        study.tell(means)
        told += [
            {
                "direction": direction,
                "roi": roi,
                "alpha": float(alpha),
                "inner_two_vs_two": float(mean),
            }
            for alpha, mean in zip(study.alphas, means, strict=True)
        ]
    return told
