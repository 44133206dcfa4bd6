"""Estimated operations of units of work, to tell small work from large before it is started."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.primal.cost import N_ALPHAS, N_INNER, pair_flops
from pipeline.config import ScoreConfig

#: An exchange of stimuli chooses anew, without decompositions: about a fifth of a first fit.
OF_A_FIT = 0.2


def ridge_flops(
    groups: NDArray[np.str_],
    widths: Iterable[tuple[int, int]],
    settings: ScoreConfig,
    n_permutations: int = 0,
) -> float:
    """Estimate the operations of scoring pairs of a source and a target in all outer folds.

    Right to a factor of 2 or so: it counts both directions, no Gram matrices, and every
    decomposition once a pair. Half of a fit counts as decompositions, half as alphas.

    Parameters
    ----------
    groups : ndarray of str, shape (n_stimuli,)
        Stimulus group of each stimulus.
    widths : iterable of (int, int)
        Columns of source and target, pair by pair.
    settings : ScoreConfig
        Uses split, folds, fold, inner_folds and trials.
    n_permutations : int
        How often stimuli are exchanged beside.
    """
    alone = settings.split == "leave-one-group-out"
    n_folds = len(np.unique(groups)) if alone else settings.folds
    n_folds = n_folds if settings.fold < 0 else 1
    one_fold = sum(pair_flops(len(groups), source, target) for source, target in widths)
    search = settings.inner_folds / N_INNER * (1 + settings.trials / N_ALPHAS) / 2
    return n_folds * one_fold * search * (1 + OF_A_FIT * n_permutations)
