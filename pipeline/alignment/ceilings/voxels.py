"""Ceiling of every voxel: how far halves of its repeats agree, over training stimuli alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Fewer repeated stimuli than these say nothing of a voxel.
LEAST_STIMULI = 3


def voxel_ceilings(repeats: NDArray[np.floating]) -> NDArray[np.float64]:
    """Correlate the mean of every other repeat with that of the rest, voxel by voxel.

    Parameters
    ----------
    repeats : ndarray of float, shape (n_repeats, n_stimuli, n_voxels)
        Of the stimuli that may be looked at, and no others.

    Returns
    -------
    ndarray of float64, shape (n_voxels,)
        ``2 r / (1 + r)``, by Spearman and Brown for data of twice the length, which are behind the
        mean over all repeats; NaN where nothing is known: fewer than two repeats or
        :data:`LEAST_STIMULI` stimuli, or a half that does not vary.
    """
    n_repeats, n_stimuli, n_voxels = repeats.shape
    if n_repeats < 2 or n_stimuli < LEAST_STIMULI:
        return np.full(n_voxels, np.nan)
    halves = [repeats[start::2].mean(axis=0, dtype=np.float64) for start in (0, 1)]
    one, other = (half - half.mean(axis=0) for half in halves)
    norms = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(norms > 0, (one * other).sum(axis=0) / norms, np.nan)
        ceilings: NDArray[np.float64] = 2 * r / (1 + r)
    return ceilings
