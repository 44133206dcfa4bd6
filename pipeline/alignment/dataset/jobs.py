"""One subject, some of its ROIs: what a unit of work computes, wherever that is.

Arrays come as they lie in memory or on disk; rows and columns are cut out only here, so that
units which share an array do not each hold a copy of it while they wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.align import align
from pipeline.alignment.contrasts.pair_sums import sums_of_rows
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.refit import permute_chosen
from pipeline.alignment.scores import best_layers
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.sources import Bands, encode, varying
from pipeline.alignment.voxels import Columns, VoxelColumns
from pipeline.words import Objective

Arrays = Mapping[str, NDArray[np.floating]]

#: Nuisance features are sources of their own; all side by side are the one that others join.
NUISANCE, ALL_NUISANCE = "nuisance/", "nuisance/all"


@dataclass(frozen=True)
class SomeRois:
    """Responses of one subject in some ROIs, and the stimuli it was shown.

    Parameters
    ----------
    values : ndarray of float, shape (n_shown, n_voxels)
    rois : mapping of str to ndarray of int
        ROI -> columns of ``values``.
    shown : ndarray of int, shape (n_shown,)
        Which of all stimuli the rows of ``values`` answer.
    groups : ndarray of str, shape (n_shown,)
        Stimulus group of each of them.
    """

    values: NDArray[np.floating]
    rois: Mapping[str, NDArray[np.int64]]
    shown: NDArray[np.int64]
    groups: NDArray[np.str_]

    def responses(self) -> dict[str, Columns]:
        """Point to the columns of the ROIs."""
        return {roi: VoxelColumns(self.values, columns) for roi, columns in self.rois.items()}

    def cut(self, features: Arrays) -> dict[str, NDArray[np.floating]]:
        """Cut out the rows of the stimuli shown."""
        return {name: x[self.shown] for name, x in features.items()}


def align_rois(some: SomeRois, features: Arrays, settings: AlignSettings) -> pd.DataFrame:
    """Align the layers of a model: see :func:`pipeline.alignment.align`.

    Parameters
    ----------
    some : SomeRois
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
        For all stimuli.
    settings : AlignSettings
    """
    return align(some.cut(features), some.responses(), some.groups, settings)


def encode_nuisance(some: SomeRois, nuisance: Arrays, settings: AlignSettings) -> pd.DataFrame:
    """Encode from each kind of nuisance features, and from all side by side.

    Parameters
    ----------
    some : SomeRois
    nuisance : mapping of str to ndarray, shape (n_stimuli, n_columns)
        For all stimuli. A kind of which nothing varies over the training rows of some fold is
        left out.
    settings : AlignSettings

    Returns
    -------
    DataFrame
        As :func:`pipeline.alignment.encode` gives it, ``layer`` being 'nuisance/<kind>' or
        'nuisance/all'; no rows where nothing varies.
    """
    cut = some.cut(nuisance)
    sources: dict[str, Bands] = {f"{NUISANCE}{kind}": (x,) for kind, x in cut.items()}
    sources[ALL_NUISANCE] = (np.hstack(list(cut.values())),)
    kept = varying(sources, some.groups, settings)
    return encode(kept, some.responses(), some.groups, settings) if kept else pd.DataFrame()


def encode_both(
    some: SomeRois, nuisance: Arrays, features: Arrays, settings: AlignSettings
) -> pd.DataFrame:
    """Encode from all nuisance features and a layer together, for every layer.

    Both have the same weight: see :mod:`pipeline.alignment.sources`.

    Parameters
    ----------
    some : SomeRois
    nuisance, features : mapping of str to ndarray, shape (n_stimuli, n_columns)
        For all stimuli.
    settings : AlignSettings

    Returns
    -------
    DataFrame
        As :func:`pipeline.alignment.encode` gives it, with sums over pairs of the chosen layers.
    """
    beside = np.hstack(list(some.cut(nuisance).values()))
    sources: dict[str, Bands] = {layer: (beside, x) for layer, x in some.cut(features).items()}
    table = encode(sources, some.responses(), some.groups, settings)
    every = pd.DataFrame(table.attrs["pair_sums"])
    chosen = sums_of_rows(every, best_layers(table, settings.objective))
    table.attrs["pair_sums"] = chosen.to_dict("list")
    return table


def permute_rois(
    some: SomeRois,
    features: Arrays,
    chosen: pd.DataFrame,
    settings: AlignSettings,
    n_permutations: int,
) -> pd.DataFrame:
    """Test every direction and ROI by exchanging stimuli, at the layers and alphas chosen.

    Parameters
    ----------
    some : SomeRois
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
        For all stimuli.
    chosen : DataFrame
        From :func:`pipeline.alignment.best_layers`, for this subject.
    settings : AlignSettings
    n_permutations : int

    Returns
    -------
    DataFrame
        direction, roi, observed, null_mean, null_95, p, permutations: see
        :func:`pipeline.alignment.refit.permute_chosen`.
    """
    folds = [fold.outer for fold in nested_folds(some.groups, settings)]
    drawn = draw_permutations(some.groups, n_permutations, settings.seed)
    cut, responses = some.cut(features), some.responses()
    rows = []
    for (direction, roi), cell in chosen.groupby(["direction", "roi"], sort=False):
        tested = permute_chosen(cut, responses[roi], cell, folds, drawn, settings)
        rows.append({"direction": direction, "roi": roi, **tested, "permutations": n_permutations})
    return pd.DataFrame(rows)


def unique_part(scores: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """Say what a model explains beyond all nuisance features.

    Parameters
    ----------
    scores : DataFrame
        Rows of :func:`encode_both` and :func:`encode_nuisance` for the same folds, told apart by
        a column ``source`` ('both' and 'nuisance'; others are passed over), with the columns
        that tell cells apart: subject, split, repeat, roi, fold.
    objective : {'two_vs_two', 'correlation'}
        The inner score that chose, and chooses the layer here.

    Returns
    -------
    DataFrame
        subject, split, repeat, roi, fold, layer, both, nuisance, unique: 2v2 accuracy of nuisance
        features and layer together, of nuisance features alone, and their difference. The layer
        is the best of 'both' inside the training fold, so the difference may well be negative.
        No rows where there are no nuisance features.
    """
    cell = ["subject", "split", "repeat", "roi", "fold"]
    best = best_layers(scores[scores.source == "both"], objective)
    alone = scores[(scores.source == "nuisance") & (scores.layer == ALL_NUISANCE)]
    paired = best[[*cell, "layer", "two_vs_two"]].merge(
        alone[[*cell, "two_vs_two"]], on=cell, suffixes=("", "_nuisance"), validate="1:1"
    )
    named = paired.rename(columns={"two_vs_two": "both", "two_vs_two_nuisance": "nuisance"})
    return named.assign(unique=named.both - named.nuisance)
