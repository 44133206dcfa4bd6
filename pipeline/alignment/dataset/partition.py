"""R² of a whole brain dataset, parted between a model and nuisance features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.banded import SHARES, partition_r2
from pipeline.alignment.dataset.chosen_layers import first_parts
from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.plan import Plan, useful_nuisance
from pipeline.alignment.dataset.subject_rois import Arrays, SubjectRois, side_by_side
from pipeline.alignment.dataset.units import Unit
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.scores import PARTITION_SCORES
from pipeline.alignment.sources import Layer
from pipeline.config import ComputeConfig, ScoreConfig
from pipeline.words import MODEL


def compute_partition(
    plan: Plan,
    features: Arrays,
    nuisance: Arrays,
    fits: pd.DataFrame,
    folder: Path,
    compute: ComputeConfig,
) -> pd.DataFrame:
    """Part R² of every subject and ROI, in the first repeat of the split asked for.

    Parameters
    ----------
    plan : Plan
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    nuisance : mapping of str to ndarray, shape (n_stimuli, n_columns)
    fits : DataFrame
        ``fit_scores`` of :class:`pipeline.alignment.dataset.plan.Computed`, which name the layer
        that encoding chose in each fold.
    folder : Path
        Where finished units are kept until all are.
    compute : ComputeConfig

    Returns
    -------
    DataFrame
        subject, split, source, repeat, roi, fold, layer, and a column for each of
        ``PARTITION_SCORES``.
    """
    units, labels = [], []
    for part in first_parts(plan):
        own = (fits.subject == part.subject) & (fits.split == part.settings.split)
        chosen = fits[own & (fits.repeat == part.repeat) & fits.roi.isin(list(part.some.rois))]
        units.append(
            Unit(
                f"{part.subject}, partition: {', '.join(part.some.rois)}",
                partition_rois,
                (part.some, features, useful_nuisance(nuisance, part), chosen, part.settings),
                (len(SHARES) + 2) * part.flops(features) / len(features),
            )
        )
        labels.append(
            {
                "subject": part.subject,
                "split": part.settings.split,
                "source": MODEL,
                "repeat": part.repeat,
            }
        )
    tables = compute_unfinished(units, folder, compute)
    named = [
        pd.DataFrame({**label, **table}, index=table.index)
        for label, table in zip(labels, tables, strict=True)
    ]
    return pd.concat(named, ignore_index=True)


def partition_rois(
    some: SubjectRois,
    features: Arrays,
    nuisance: Arrays,
    chosen: pd.DataFrame,
    settings: ScoreConfig,
) -> pd.DataFrame:
    """Part R² of one subject at the layer that encoding chose in each fold.

    Parameters
    ----------
    some : SubjectRois
    features, nuisance : mapping of str to ndarray, shape (n_stimuli, n_columns)
        For all stimuli.
    chosen : DataFrame
        roi, fold and layer.
    settings : ScoreConfig

    Returns
    -------
    DataFrame
        roi, fold, layer, and a column for each of ``PARTITION_SCORES``.
    """
    folds, alphas = nested_folds(some.groups, settings), draw_alphas(settings)
    beside = side_by_side(some.cut(nuisance))
    rows = []
    for row in chosen.itertuples():
        fold = folds[int(row.fold) - settings.first_fold]
        train = fold.outer.train
        layer = features[str(row.layer)][some.stimulus_rows]
        model, alone = _kernel(layer, train, settings.width), _kernel(beside, train, 0)
        values = np.asarray(some.values[:, some.rois[str(row.roi)]])
        parts = partition_r2(model, alone, z_scored(values, train), fold, alphas)
        scores = {name: score.compute(parts) for name, score in PARTITION_SCORES.items()}
        rows.append({"roi": row.roi, "fold": row.fold, "layer": row.layer, **scores})
    return pd.DataFrame(rows)


def _kernel(
    values: NDArray[np.floating], train: NDArray[np.int64], width: int
) -> NDArray[np.float64]:
    """Form a kernel over stimuli, scaled to a mean diagonal of 1 over ``train``."""
    kernel = Layer(values, width).grams(train, "cosine", "features").kernel
    scaled: NDArray[np.float64] = kernel / np.diagonal(kernel)[train].mean()
    return scaled
