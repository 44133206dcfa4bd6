"""Noise ceilings of a whole brain dataset, for the stages that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment import Fold, make_folds, split_half_ceiling
from pipeline.alignment.settings import Split
from pipeline.brains.dataset import BrainDataset


def split_half_ceilings(brain: BrainDataset, n_folds: int, split: Split, seed: int) -> pd.DataFrame:
    """Score repeats with repeats in the test folds of an alignment.

    Parameters
    ----------
    brain : BrainDataset
    n_folds, split, seed
        Of the folds, which are made of the repeated stimuli alone.

    Returns
    -------
    DataFrame
        subject, roi, two_vs_two, correlation, correlation_corrected (means over folds); no rows
        for subjects without repeats.
    """
    rows: list[dict[str, str | float]] = []
    for name, subject in brain.subjects.items():
        if subject.repeats is None:
            continue
        groups = brain.stimuli.groups[subject.rows(len(brain.stimuli))][subject.repeated_rows()]
        folds = make_folds(groups, n_folds, split, seed)
        rows += [{"subject": name, **row} for row in _by_roi(subject.repeats, subject.rois, folds)]
    columns = ["subject", "roi", "two_vs_two", "correlation", "correlation_corrected"]
    return pd.DataFrame(rows, columns=columns)


def _by_roi(
    repeats: NDArray[np.float32],
    rois: Mapping[str, NDArray[np.int64]],
    folds: Sequence[Fold],
) -> Iterator[dict[str, str | float]]:
    for roi, columns in rois.items():
        ceiling = split_half_ceiling(repeats[:, :, columns], folds)
        yield {"roi": roi, **ceiling.drop(columns="fold").mean().to_dict()}
