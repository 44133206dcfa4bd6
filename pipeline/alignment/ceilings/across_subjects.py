"""The noise ceiling across subjects: how well the others predict each one's responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.dataset.jobs import SomeRois
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.sources import encode

COLUMNS = ["roi", "fold", "two_vs_two", "correlation"]


def common_stimuli(subjects: Sequence[SomeRois]) -> NDArray[np.int64]:
    """Find the stimuli that every subject was shown, ascending."""
    common: NDArray[np.int64] = reduce(np.intersect1d, (some.shown for some in subjects))
    return common


def across_rois(
    some: SomeRois, others: Sequence[SomeRois], settings: AlignSettings
) -> pd.DataFrame:
    """Estimate the ceiling of a subject from the stimuli that it has in common with all others.

    Parameters
    ----------
    some : SomeRois
    others : sequence of SomeRois
        The other subjects.
    settings : AlignSettings

    Returns
    -------
    DataFrame
        See :func:`across_subjects_ceiling`.
    """
    common = common_stimuli([some, *others])
    mine, *theirs = [_in_rows(each, common) for each in (some, *others)]
    groups = some.groups[_rows(some, common)]
    return across_subjects_ceiling(mine, theirs, groups, settings)


def _rows(some: SomeRois, stimuli: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(some.shown)
    return order[np.searchsorted(some.shown[order], stimuli)]


def _in_rows(some: SomeRois, stimuli: NDArray[np.int64]) -> dict[str, NDArray[np.floating]]:
    rows = _rows(some, stimuli)
    return {roi: some.values[np.ix_(rows, columns)] for roi, columns in some.rois.items()}


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
        has: see :func:`pipeline.alignment.sources.encode`. A subject without the ROI is left out.
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
        Where :func:`pipeline.alignment.sources.encode` refuses.

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
