"""Gram matrices of one outer fold at a time, where those of all would fill the memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns
from pipeline.alignment.kernel.grams import Grams, grams_by_fold


class FoldByFold(Protocol):
    """The Gram matrices of every ROI, by the number of the outer fold: a tuple, for instance."""

    def __getitem__(self, fold: SupportsIndex, /) -> Mapping[str, Grams]:
        """Give those of one fold."""


class GramsOnDemand:
    """The Gram matrices of every ROI fold by fold, each formed when it is asked for, and not kept.

    Parameters
    ----------
    responses : mapping of ROI to array, shape (n_stimuli, n_voxels)
    trains : sequence of ndarray of int64, shape (n_train,)
        Training rows of each fold.
    """

    def __init__(
        self, responses: Mapping[str, Columns], trains: Sequence[NDArray[np.int64]]
    ) -> None:
        self._responses, self._trains = responses, trains

    def __getitem__(self, fold: SupportsIndex, /) -> Mapping[str, Grams]:
        """Form what predicts; patterns, which nothing is compared with, stand idle."""
        return grams_by_fold(self._responses, [self._trains[int(fold)]], "cosine")[0]
