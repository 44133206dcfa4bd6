"""Sources that responses are predicted from: a layer of a model, or bands that are joined.

A source gives Gram matrices over stimuli or its own z-scored columns, so that either side can score
it. Bands are arrays with a row for each stimulus: their kernels, z-scored by the training rows, are
scaled to the same trace over those rows and summed, so that a band of three columns weighs as much
as one of 768. That is ridge on the bands side by side, each divided by the root of its trace; all
share one alpha, which is chosen inside the training fold as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.backends import NUMPY, Backend
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.grams import Grams, gram_matrices, z_scored
from pipeline.alignment.kernel.placed import placed_grams
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.width import projected_array
from pipeline.words import Similarity

Bands = tuple[NDArray[np.floating], ...]


class Source(Protocol):
    """What predicts responses: z-scored by the training rows of a fold, for either side.

    Both sides take the rows that a fold trains on, shape (n_train,), and give arrays over all
    stimuli; ``where`` names source and fold in messages, and ``backend`` computes.
    """

    @property
    def n_columns(self) -> int:
        """Columns of all its arrays together."""

    def grams(
        self, train: NDArray[np.int64], similarity: Similarity, where: str, backend: Backend = NUMPY
    ) -> Grams:
        """Form the Gram matrices, each of shape (n_stimuli, n_stimuli)."""

    def columns(self, train: NDArray[np.int64], similarity: Similarity, where: str) -> FoldArray:
        """Z-score the columns, shape (n_stimuli, n_columns)."""


@dataclass(frozen=True)
class Layer:
    """The features of one layer of a model, which can be decoded too.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_features)
    width : int
        Principal components of the training rows that it is reduced to; 0: none.
    """

    values: NDArray[np.floating]
    width: int = 0

    @property
    def n_columns(self) -> int:
        """Features, before any reduction."""
        return int(self.values.shape[1])

    def grams(
        self, train: NDArray[np.int64], similarity: Similarity, where: str, backend: Backend = NUMPY
    ) -> Grams:
        """Form the Gram matrices over stimuli."""
        if self.width:
            return self.columns(train, similarity, where).grams().on(backend)
        if backend is NUMPY:
            return gram_matrices(self.values, train, similarity)
        return placed_grams(self.values, [train], similarity, backend)[0]

    def columns(self, train: NDArray[np.int64], similarity: Similarity, where: str) -> FoldArray:
        """Z-score the features, and reduce them to the width."""
        if self.width:
            return projected_array(self.values, train, self.width, similarity, where)
        return FoldArray(z_scored(self.values, train), similarity)


@dataclass(frozen=True)
class JoinedBands:
    """Bands of equal weight; their patterns are never compared, so that none can be decoded.

    Parameters
    ----------
    bands : tuple of ndarray of float, each of shape (n_stimuli, n_columns)
        One whose columns are all constant over the training rows of a fold adds nothing in it.
    width : int
        Principal components of the training rows that the last band is reduced to; 0: none.
    """

    bands: Bands
    width: int = 0

    @property
    def n_columns(self) -> int:
        """Columns of all bands."""
        return sum(band.shape[1] for band in self.bands)

    def grams(
        self, train: NDArray[np.int64], similarity: Similarity, where: str, backend: Backend = NUMPY
    ) -> Grams:
        """Sum the kernels of the bands, each scaled to a mean diagonal of 1 over ``train``."""
        n_stimuli = len(self.bands[0])
        kernel = np.zeros((n_stimuli, n_stimuli))
        for layer in self._layers():
            own = layer.grams(train, "cosine", where).kernel
            trace = np.diagonal(own)[train].mean()
            if trace > 0:
                kernel += own / trace
        return Grams(kernel, kernel).on(backend)  # patterns stand idle

    def columns(self, train: NDArray[np.int64], similarity: Similarity, where: str) -> FoldArray:
        """Put z-scored bands side by side, each scaled so that its kernel is that of `grams`."""
        columns = [np.zeros((len(self.bands[0]), 0))]
        for layer in self._layers():
            z = layer.columns(train, "cosine", where).z
            trace = np.vdot(z[train], z[train]) / len(train)
            if trace > 0:
                columns.append(z / np.sqrt(trace))
        return FoldArray(np.hstack(columns), "cosine")

    def _layers(self) -> list[Layer]:
        widths = [0] * (len(self.bands) - 1) + [self.width]
        return [Layer(band, width) for band, width in zip(self.bands, widths, strict=True)]


def varying(sources: Mapping[str, Bands], folds: Sequence[NestedFold]) -> dict[str, Bands]:
    """Keep the sources of which something varies over the training rows of every fold."""
    return {
        name: bands
        for name, bands in sources.items()
        if all(any(np.ptp(x[f.outer.train], axis=0).max() > 0 for x in bands) for f in folds)
    }
