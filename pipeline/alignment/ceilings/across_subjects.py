"""The noise ceiling across subjects: how well the others predict each one's responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.align import encode
from pipeline.config import ScoreConfig

COLUMNS = ["roi", "fold", "two_vs_two", "correlation"]


def across_subjects_ceiling(
    responses: Mapping[str, NDArray[np.floating]],
    others: Sequence[Mapping[str, NDArray[np.floating]]],
    groups: ArrayLike,
    settings: ScoreConfig,
) -> pd.DataFrame:
    """Predict each ROI of one subject from the same ROI of all other subjects, by ridge.

    Parameters
    ----------
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the subject that is predicted.
    others : sequence of mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the other subjects, for the same stimuli. Each counts the same, however many voxels it
        has: see :func:`pipeline.alignment.encode`. A subject without the ROI is left out.
    groups : array_like, shape (n_stimuli,)
    settings : ScoreConfig
        Folds, alphas and similarity are those of an alignment with these settings.

    Returns
    -------
    DataFrame
        One row for each ROI x fold: roi, fold, two_vs_two, correlation. No rows for an ROI that
        no other subject has.

    Raises
    ------
    AlignmentError
        Where :func:`pipeline.alignment.encode` refuses.

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
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return scores[COLUMNS]
