"""One subject's responses as Gram matrices, made once for every model that is aligned with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.folds import NestedFold, nested_folds
from pipeline.alignment.input_checks import check_inputs
from pipeline.alignment.kernel.grams import Grams, grams_by_fold
from pipeline.alignment.voxel_columns import Columns
from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError, Problem

#: The settings that decide folds and patterns; another search for alpha uses the same matrices.
DECIDING = ("split", "folds", "inner_folds", "similarity", "seed")


@dataclass(frozen=True)
class SubjectGrams:
    """The Gram matrices of one subject's ROIs in every outer fold; made by :func:`subject_grams`.

    Parameters
    ----------
    settings : ScoreConfig
        They were made with. Another search for alpha may use them, other folds may not.
    groups : ndarray, shape (n_stimuli,)
        Stimulus group of each stimulus.
    folds : tuple of NestedFold
    rois : tuple of mapping of ROI to Grams
        One mapping for each fold: two matrices (n_stimuli, n_stimuli) of float64 a ROI.
    """

    settings: ScoreConfig
    groups: NDArray[np.generic]
    folds: tuple[NestedFold, ...]
    rois: tuple[Mapping[str, Grams], ...]

    def check(self, groups: ArrayLike, settings: ScoreConfig) -> None:
        """Refuse to serve other stimulus groups, folds or another similarity.

        Raises
        ------
        AlignmentError
        """
        same = all(getattr(settings, name) == getattr(self.settings, name) for name in DECIDING)
        if not same or not np.array_equal(self.groups, np.asarray(groups)):
            raise AlignmentError(
                Problem(
                    "Gram matrices of a subject",
                    f"the groups they were made for, split and compared as by {self.settings}",
                    f"other groups, or {settings}",
                    "Make them again with subject_grams: only trials, alphas, objective and width "
                    "may change.",
                )
            )


def subject_grams(
    responses: Mapping[str, Columns], groups: ArrayLike, settings: ScoreConfig
) -> SubjectGrams:
    """Read a subject's voxels once, block by block, and keep a Gram matrix for every ROI and fold.

    Parameters
    ----------
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)
    settings : ScoreConfig

    Raises
    ------
    AlignmentError
        All problems of the responses and groups at once, or those of the folds.
    """
    check_inputs({"responses of ROI": responses}, groups)
    folds = nested_folds(groups, settings)
    trains = [fold.outer.train for fold in folds]
    rois = grams_by_fold(responses, trains, settings.similarity)
    return SubjectGrams(settings, np.array(groups), folds, rois)
