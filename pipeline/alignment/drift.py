"""Drift of a tuned model's features from those of its base, over the same stimuli.

Debiased linear CKA (:mod:`pipeline.alignment.scores.cka`) and the rank correlation of correlation
distances (:mod:`pipeline.alignment.scores.rsa`): 1 where tuning left the geometry as it was. No
responses are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.scores.cka import debiased_cka
from pipeline.alignment.scores.rsa import compare_rdms, rdm

#: Of more stimuli than this, as many are taken, evenly spread: distances grow with the square.
MOST_STIMULI = 1000


@dataclass(frozen=True)
class Geometry:
    """How the stimuli lie to each other in one layer.

    Parameters
    ----------
    features : ndarray of float64, shape (n_stimuli, n_features)
    """

    features: NDArray[np.float64]

    @cached_property
    def kernel(self) -> NDArray[np.float64]:
        """Inner products, shape (n_stimuli, n_stimuli)."""
        kernel: NDArray[np.float64] = self.features @ self.features.T
        return kernel

    @cached_property
    def distances(self) -> NDArray[np.float64]:
        """Correlation distances of all pairs of stimuli, shape (n_pairs,)."""
        centred = self.features - self.features.mean(axis=1, keepdims=True)
        return rdm(centred @ centred.T)


def geometries(features: Mapping[str, NDArray[np.float32]]) -> dict[str, Geometry]:
    """Give the geometry of each layer, of at most :data:`MOST_STIMULI` stimuli.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    """
    return {layer: Geometry(_spread(values)) for layer, values in features.items()}


def drift(base: Mapping[str, Geometry], tuned: Mapping[str, Geometry]) -> pd.DataFrame:
    """Compare the layers of a tuned model with those of its base.

    Parameters
    ----------
    base, tuned : mapping of layer to Geometry
        Of the same stimuli. Layers that only one of them has are left out.

    Returns
    -------
    DataFrame
        layer, cka, rsa; a row for each layer of both.
    """
    rows = [
        {
            "layer": layer,
            "cka": debiased_cka(base[layer].kernel, own.kernel),
            "rsa": compare_rdms(base[layer].distances, own.distances),
        }
        for layer, own in tuned.items()
        if layer in base
    ]
    return pd.DataFrame(rows, columns=["layer", "cka", "rsa"])


def _spread(values: NDArray[np.float32]) -> NDArray[np.float64]:
    n_taken = min(len(values), MOST_STIMULI)
    rows = np.linspace(0, len(values) - 1, n_taken).round().astype(int)
    spread: NDArray[np.float64] = values[rows].astype(np.float64)
    return spread
