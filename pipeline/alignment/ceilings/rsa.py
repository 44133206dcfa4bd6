"""Bounds of RSA with a brain dataset: how alike the geometries of its subjects are.

The geometry of all subjects together is the nearest to each of them that any model could have, and
that of the others one that a model could have without knowing the subject (Nili et al. 2014, as
rsatoolbox computes them: distances are ranked, then averaged over subjects).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.fits import held_out_grams
from pipeline.alignment.folds import Fold
from pipeline.alignment.scores.rsa import compare_rdms, rdm
from pipeline.alignment.voxel_columns import Columns

COLUMNS = ["roi", "low", "high"]
LEAST_SUBJECTS = 2


def rsa_bounds(rdms: NDArray[np.float64]) -> tuple[float, float]:
    """Give the lower and upper bound of the mean rank correlation with subjects' distances.

    Parameters
    ----------
    rdms : ndarray of float64, shape (n_subjects, n_pairs)
        At least two subjects.
    """
    # imported here: a study of which all is done starts without scipy.stats, which takes a second
    from scipy.stats import rankdata

    ranks = np.array([rankdata(one.round(12)) for one in rdms])
    total = ranks.sum(axis=0)
    low = [compare_rdms(total - own, own) for own in ranks]
    high = [compare_rdms(total, own) for own in ranks]
    return float(np.mean(low)), float(np.mean(high))


def rsa_ceilings(subjects: Sequence[Mapping[str, Columns]], folds: Sequence[Fold]) -> pd.DataFrame:
    """Bound RSA in each ROI, mean over the test stimuli of all folds.

    Parameters
    ----------
    subjects : sequence of mapping of ROI to ndarray or VoxelColumns, (n_stimuli, n_voxels)
        Responses to the same stimuli.
    folds : sequence of Fold

    Returns
    -------
    DataFrame
        roi, low, high; a row for each ROI that two subjects have, of correlation distances.
    """
    rows = []
    for roi in dict.fromkeys(name for subject in subjects for name in subject):
        own = [subject[roi] for subject in subjects if roi in subject]
        if len(own) >= LEAST_SUBJECTS:
            bounds = [
                rsa_bounds(np.array([rdm(held_out_grams(one, fold).patterns) for one in own]))
                for fold in folds
            ]
            low, high = np.mean(bounds, axis=0)
            rows.append({"roi": roi, "low": float(low), "high": float(high)})
    return pd.DataFrame(rows, columns=COLUMNS)
