"""Parts of R²: unique to a model, unique to nuisance features, shared; medians over voxels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Partition:
    """R² of every voxel over the test stimuli, shape (n_voxels,) each.

    Parameters
    ----------
    model, nuisance, both : ndarray of float64
        From the model's band alone, from nuisance features alone, and from both.
    """

    model: NDArray[np.float64]
    nuisance: NDArray[np.float64]
    both: NDArray[np.float64]


@dataclass(frozen=True)
class PartitionScore:
    """A part of the R² of a model and nuisance features.

    Parameters
    ----------
    title : str
        For readers, as the head of a column.
    compute : callable
        From a :class:`Partition` to one number; chance is 0.
    """

    title: str
    compute: Callable[[Partition], float]


def both_r2(parts: Partition) -> float:
    """Return the median R² of model and nuisance features together."""
    return float(np.median(parts.both))


def unique_model_r2(parts: Partition) -> float:
    """Return the median of what the model adds to nuisance features."""
    return float(np.median(parts.both - parts.nuisance))


def unique_nuisance_r2(parts: Partition) -> float:
    """Return the median of what nuisance features add to the model."""
    return float(np.median(parts.both - parts.model))


def shared_r2(parts: Partition) -> float:
    """Return the median of what either explains; below 0 where they need each other."""
    return float(np.median(parts.model + parts.nuisance - parts.both))
