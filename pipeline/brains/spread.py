"""Mean and spread of voxels, region by region, without a copy of the responses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.brains.dataset import BrainDataset

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BLOCK_VALUES = 1 << 20


def voxel_spread(dataset: BrainDataset) -> pd.DataFrame:
    """Describe the voxels of every subject and ROI by their mean and spread over stimuli.

    Returns
    -------
    DataFrame
        One row for each subject x ROI: subject, roi; mean_05, mean_25, ... mean_95, quantiles over
        voxels of the mean response; sd_05 ... sd_95, of the standard deviation over stimuli.
    """
    rows = []
    for subject, responses in dataset.subjects.items():
        means, deviations = voxel_moments(responses.values)
        rows += [
            {
                "subject": subject,
                "roi": roi,
                **dict(_quantiles("mean", means[columns])),
                **dict(_quantiles("sd", deviations[columns])),
            }
            for roi, columns in responses.rois.items()
        ]
    return pd.DataFrame(rows)


def voxel_moments(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each voxel, a few megabytes at a time.

    Parameters
    ----------
    values : ndarray of float32, shape (n_stimuli, n_voxels)

    Returns
    -------
    ndarray, ndarray, shape (n_voxels,)
    """
    n_voxels = values.shape[1]
    means, deviations = np.empty(n_voxels), np.empty(n_voxels)
    width = max(1, _BLOCK_VALUES // len(values))
    for start in range(0, n_voxels, width):
        block = np.asarray(values[:, start : start + width], dtype=np.float64)
        means[start : start + width] = block.mean(axis=0)
        deviations[start : start + width] = block.std(axis=0)
    return means, deviations


def _quantiles(what: str, values: NDArray[np.float64]) -> Iterator[tuple[str, float]]:
    for quantile, value in zip(QUANTILES, np.quantile(values, QUANTILES), strict=True):
        yield f"{what}_{quantile * 100:02.0f}", float(value)
