"""Scores of single voxels over held-out stimuli: the median over a ROI's voxels."""

from __future__ import annotations

import numpy as np

from pipeline.alignment.scores.fit import Fit


def voxel_r(fit: Fit) -> float:
    """Return the median over voxels of Pearson's r over the test stimuli."""
    return float(np.median(fit.r))


def voxel_r2(fit: Fit) -> float:
    """Return the median over voxels of R² over the test stimuli; negative for a useless model."""
    return float(np.median(fit.r2))
