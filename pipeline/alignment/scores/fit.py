"""Fits at the chosen layer and alpha, alone and beside nuisance features, which are scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.scores.score import Score


class GramMatrices(Protocol):
    """Inner products of patterns, as :class:`pipeline.alignment.kernel.grams.Grams` holds them."""

    @property
    def kernel(self) -> NDArray[np.float64]:
        """Of patterns as they are, shape (n_stimuli, n_stimuli)."""

    @property
    def patterns(self) -> NDArray[np.float64]:
        """Of patterns centred over columns, of the same shape."""


@dataclass(frozen=True)
class RepeatedStimuli:
    """Test stimuli that were shown repeatedly.

    Parameters
    ----------
    places : ndarray of int64, shape (n_repeated,)
        Their positions among the test stimuli.
    distances : ndarray of float64, shape (n_repeated (n_repeated - 1) / 2,)
        Cross-validated distances between their responses.
    """

    places: NDArray[np.int64]
    distances: NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """One ROI in the test stimuli of one fold, beside the layer and alpha that were chosen for it.

    Parameters
    ----------
    r, r2 : ndarray of float64, shape (n_voxels,)
        Pearson correlation and R² of each voxel's prediction over the test stimuli.
    features, responses : GramMatrices
        Of the test stimuli, shape (n_test, n_test) each, z-scored by the training stimuli.
    repeated : RepeatedStimuli, optional
        Where some of them were shown repeatedly.
    """

    r: NDArray[np.float64]
    r2: NDArray[np.float64]
    features: GramMatrices
    responses: GramMatrices
    repeated: RepeatedStimuli | None = None


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
class FitScore(Score[Fit]):
    """A function of a fit, beside 2v2.

    Parameters
    ----------
    patterns : bool
        Whether it compares patterns over voxels, which a ROI of one voxel has not.
    """

    patterns: bool = True
