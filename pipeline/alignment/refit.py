"""Fits at the layers and alphas that scores chose: voxel maps, and permutation tests.

In every outer fold one layer and one alpha were chosen inside the training fold, so the number that
is reported for an ROI rests on a layer of its own in each fold. Maps and tests fit the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.maps import VoxelMaps, map_voxels
from pipeline.alignment.permutations.null_scores import exchanged_scores, pattern_coordinates
from pipeline.alignment.permutations.p_values import share_as_extreme
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.voxels import Columns, columns_between
from pipeline.alignment.width import projected_array
from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError, Problem

Hats = list[NDArray[np.float64]]
Layers = Mapping[str, NDArray[np.floating]]


def chosen_maps(
    features: Layers,
    voxels: Columns,
    chosen: pd.DataFrame,
    folds: Sequence[Fold],
    settings: ScoreConfig,
) -> VoxelMaps:
    """Map how well each voxel of one ROI is encoded, by the layer and alpha chosen in each fold.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    voxels : ndarray of float or VoxelColumns, shape (n_stimuli, n_voxels)
    chosen : DataFrame
        From :func:`pipeline.alignment.best_layers`, for this subject, ROI and encoding: uses fold,
        layer and alpha.
    folds : sequence of Fold
        The outer folds that were scored.
    settings : ScoreConfig
        Uses width.

    Raises
    ------
    AlignmentError
        Not one row for each fold.
    """
    return map_voxels(_encoding_hats(features, chosen, folds, settings), voxels, folds)


def permute_chosen(
    features: Layers,
    voxels: Columns,
    chosen: pd.DataFrame,
    folds: Sequence[Fold],
    permutations: NDArray[np.int64],
    settings: ScoreConfig,
) -> dict[str, float]:
    """Test one direction and ROI by exchanging stimuli, at the layer and alpha of each fold.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    voxels : ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    chosen : DataFrame
        From :func:`pipeline.alignment.best_layers`, for one subject, direction and ROI.
    folds : sequence of Fold
    permutations : ndarray of int64, shape (n_permutations, n_stimuli)
        From :func:`pipeline.alignment.exchanges.draw_permutations`.
    settings : ScoreConfig
        Uses similarity; its width has to be 0.

    Returns
    -------
    dict
        observed, null_mean, null_95 (the 95th percentile) and p: see
        :mod:`pipeline.alignment.permutations.p_values`, which says what is exact about them.

    Raises
    ------
    AlignmentError
        Not one row for each fold, or a pattern is constant over all stimuli.
    """
    y = columns_between(voxels, 0, voxels.shape[1])
    rows = _by_fold(chosen, len(folds))
    if chosen.direction.iloc[0] == "encoding":
        hats = _encoding_hats(features, chosen, folds, settings)
        targets = {"ROI": pattern_coordinates(y, settings.similarity, "ROI")}
        target_of = ["ROI"] * len(folds)
    else:
        fits = [fit_smaller_side(y, fold) for fold in folds]
        hats = [fit.hat(float(a)) for fit, a in zip(fits, rows.alpha, strict=True)]
        target_of = rows.layer.tolist()
        targets = {
            name: pattern_coordinates(features[name], settings.similarity, f"layer {name}")
            for name in set(target_of)
        }

    def scores(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        """Average over folds; those with one target are scored together, which is faster."""
        total = np.zeros(len(drawn))
        for name, coordinates in targets.items():
            places = [n for n, target in enumerate(target_of) if target == name]
            some = [hats[n] for n in places], coordinates, [folds[n] for n in places]
            total += len(places) * exchanged_scores(*some, drawn)
        return total / len(folds)

    observed, null = scores(np.arange(len(y))[None]), scores(permutations)
    # means over folds that are equal but for the order of summing have to tie
    return {
        "observed": float(observed[0]),
        "null_mean": float(null.mean()),
        "null_95": float(np.quantile(null, 0.95)),
        "p": share_as_extreme(null.round(12) >= observed.round(12)),
    }


def _encoding_hats(
    features: Layers, chosen: pd.DataFrame, folds: Sequence[Fold], settings: ScoreConfig
) -> Hats:
    rows = _by_fold(chosen, len(folds))
    hats = []
    for fold, layer, alpha in zip(folds, rows.layer, rows.alpha, strict=True):
        x = features[layer]
        if settings.width:
            array = projected_array(x, fold.train, settings.width, settings.similarity)
            hats.append(factorise(array.grams().kernel, fold.train, fold.test).hat(float(alpha)))
        else:
            hats.append(fit_smaller_side(x, fold).hat(float(alpha)))
    return hats


def _by_fold(chosen: pd.DataFrame, n_folds: int) -> pd.DataFrame:
    ordered = chosen.sort_values("fold")
    if ordered.fold.tolist() != list(range(n_folds)):
        raise AlignmentError(
            Problem(
                "chosen layers",
                f"one for each of {n_folds} folds",
                f"folds {ordered.fold.tolist()}",
                "Give the rows of best_layers for one subject, direction and ROI.",
            )
        )
    return ordered
