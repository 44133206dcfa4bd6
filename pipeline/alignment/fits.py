"""Fits at the layers and alphas that scores chose: voxel maps, and scores beside 2v2.

In every outer fold one layer and one alpha were chosen inside the training fold, so the number that
is reported for an ROI rests on a layer of its own in each fold. Maps and scores fit the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, column_blocks
from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.grams import Grams, z_scored
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.maps import VoxelMaps, column_correlations, map_voxels
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.scores import FIT_SCORES, Fit
from pipeline.alignment.scores.crossvalidated import Repeats, crossvalidated_products, distances_of
from pipeline.alignment.scores.fit import RepeatedStimuli
from pipeline.alignment.sources import Layer
from pipeline.alignment.width import fit_projected

Hats = list[NDArray[np.float64]]
Layers = Mapping[str, NDArray[np.floating]]


def chosen_maps(
    features: Layers,
    voxels: Columns,
    chosen: pd.DataFrame,
    folds: Sequence[Fold],
    width: int = 0,
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
    width : int, optional
        Principal components that every layer is reduced to; 0: none.

    Raises
    ------
    AlignmentError
        Not one row for each fold.
    """
    return map_voxels(_encoding_hats(features, chosen, folds, width), voxels, folds)


def score_fits(
    features: Layers,
    voxels: Columns,
    chosen: pd.DataFrame,
    folds: Sequence[Fold],
    width: int = 0,
    repeats: Repeats | None = None,
) -> pd.DataFrame:
    """Compute the scores in ``FIT_SCORES`` for one ROI, by the layer and alpha of each fold.

    Parameters
    ----------
    features, voxels, chosen, folds, width
        As for :func:`chosen_maps`.
    repeats : Repeats, optional
        Single showings of some of the stimuli, in the same voxels.

    Returns
    -------
    DataFrame
        One row for each fold: fold, layer, alpha and a column for each score; those that compare
        patterns over voxels are missing (NaN) for a ROI of one voxel, those of repeats without.
    """
    maps = chosen_maps(features, voxels, chosen, folds, width)
    patterned = voxels.shape[1] > 1
    rows = []
    for number, row in enumerate(chosen.sort_values("fold").itertuples()):
        fold = folds[number]
        grams = held_out_grams(features[str(row.layer)], fold), held_out_grams(voxels, fold)
        repeated = _repeated(repeats, voxels, fold) if repeats else None
        fit = Fit(maps.r[number], maps.r2[number], *grams, repeated)
        scores = {
            name: score.compute(fit) if patterned or not score.patterns else np.nan
            for name, score in FIT_SCORES.items()
        }
        rows.append({"fold": number, "layer": row.layer, "alpha": row.alpha, **scores})
    return pd.DataFrame(rows)


def choose_by_voxels(
    features: Layers,
    voxels: NDArray[np.floating],
    folds: Sequence[NestedFold],
    alphas: NDArray[np.float64],
    width: int = 0,
) -> pd.DataFrame:
    """Choose layer and alpha of each fold by voxel r, for ROIs of one voxel, without patterns.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    voxels : ndarray of float, shape (n_stimuli, n_rois)
        Each column is an ROI, for which a layer and an alpha of its own are chosen.
    folds : sequence of NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        From :func:`pipeline.alignment.alphas.draw_alphas`.
    width : int, optional
        As for :func:`chosen_maps`.

    Returns
    -------
    DataFrame
        column, fold, layer, alpha, inner_voxel_r: mean over inner folds of Pearson's r over the
        held-out stimuli; the best of all layers and alphas, the first among equals.
    """
    names = list(features)
    rows = []
    for number, fold in enumerate(folds):
        layers = (Layer(x, width) for x in features.values())
        curves = np.stack([_inner_voxel_r(layer, voxels, fold, alphas) for layer in layers])
        flat = curves.reshape(-1, voxels.shape[1])
        for column, best in enumerate(flat.argmax(axis=0)):
            layer, position = divmod(int(best), len(alphas))
            r = float(flat[best, column])
            rows.append((column, number, names[layer], float(alphas[position]), r))
    columns = ["column", "fold", "layer", "alpha", "inner_voxel_r"]
    return pd.DataFrame(rows, columns=columns).sort_values(["column", "fold"], ignore_index=True)


def _inner_voxel_r(
    layer: Layer,
    voxels: NDArray[np.floating],
    fold: NestedFold,
    alphas: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean r over inner folds, shape (n_alphas, n_voxels), to 12 digits: equal ones have to tie."""
    train = fold.outer.train
    y = z_scored(voxels, train)[train]
    kernel = layer.grams(train, "cosine", "features").kernel[np.ix_(train, train)]
    scale = float(np.trace(kernel)) / len(train)
    total = np.zeros((len(alphas), y.shape[1]))
    for inner in fold.inner:
        ridge = factorise(kernel, inner.train, inner.test)
        predicted = ridge.hat(alphas * (scale / ridge.scale)) @ y[inner.train]
        total += [column_correlations(one, y[inner.test]) for one in predicted]
    return np.round(total / len(fold.inner), 12)


def held_out_grams(values: Columns, fold: Fold) -> Grams:
    """Form the Gram matrices of the test stimuli, z-scored by the training ones, in blocks."""
    n_columns, n_test = values.shape[1], len(fold.test)
    kernel, sums = np.zeros((n_test, n_test)), np.zeros(n_test)
    for _, block in column_blocks(values):
        z = z_scored(block, fold.train)[fold.test]
        kernel += z @ z.T
        sums += z.sum(axis=1)
    return Grams(kernel, kernel - np.outer(sums, sums) / n_columns)


def _repeated(repeats: Repeats, voxels: Columns, fold: Fold) -> RepeatedStimuli:
    """Find the test stimuli that were repeated; voxels are scaled by the training stimuli."""
    held_out = np.isin(repeats.rows, fold.test)
    places = {int(row): place for place, row in enumerate(fold.test)}
    rows = [places[int(row)] for row in repeats.rows[held_out]]
    n_columns = voxels.shape[1]
    products = np.zeros((len(rows), len(rows)))
    for columns, block in column_blocks(voxels, max(1, repeats.values.shape[0] * len(rows))):
        spread = block[fold.train].std(axis=0)
        showings = repeats.values[:, held_out, columns]
        products += crossvalidated_products(showings / np.where(spread > 0, spread, np.inf))
    return RepeatedStimuli(np.array(rows, dtype=np.int64), distances_of(products / n_columns))


def _encoding_hats(
    features: Layers, chosen: pd.DataFrame, folds: Sequence[Fold], width: int
) -> Hats:
    rows = chosen.sort_values("fold")
    hats = []
    for fold, layer, alpha in zip(folds, rows.layer, rows.alpha, strict=True):
        x = features[layer]
        ridge = fit_projected(x, fold, width) if width else fit_smaller_side(x, fold)
        hats.append(ridge.hat(float(alpha)))
    return hats
