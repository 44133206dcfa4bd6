"""Encoding and decoding scores where stimuli outnumber features and voxels.

The same quantities as :mod:`pipeline.alignment.kernel.scores`, to rounding, without any matrix over
the training stimuli. With ``C = Zᵀ Z`` of the training rows and ``B = Zᵀ Y``, an inner fold that
leaves out the rows H has ``C - Z_Hᵀ Z_H`` and ``B - Z_Hᵀ Y_H``: the held-out block identity in
primal form. The other rows are not gone through again, and the penalty is that of the whole
training fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import NestedFold
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.curves import inner_curve
from pipeline.alignment.primal.inner_folds import PrimalFold
from pipeline.alignment.primal.split import (
    SourceSplit,
    TargetSplit,
    correlate_split,
    split_source,
    split_target,
)
from pipeline.words import Objective


@dataclass(frozen=True)
class PrimalPair:
    """One source and one target in one outer fold, with its inner scores.

    Parameters
    ----------
    names : tuple of str
        Of source and target.
    source, target : SourceSplit, TargetSplit
        Outer training rows kept, test rows held out.
    scale : float
        Mean eigenvalue of the training kernel: the unit of alpha.
    curve : ndarray of float64, shape (2, n_alphas)
        2v2 accuracy and mean correlation, mean over inner folds.
    """

    names: tuple[str, str]
    source: SourceSplit
    target: TargetSplit
    scale: float
    curve: NDArray[np.float64]

    def correlations(self, alpha: float) -> NDArray[np.float64]:
        """Correlate predicted with true test patterns, shape (n_test, n_test)."""
        penalty = np.array([alpha * self.scale])
        R: NDArray[np.float64] = correlate_split(self.source, self.target, penalty)[0]
        return R


def primal_pairs(
    sources: Mapping[str, FoldArray],
    targets: Mapping[str, FoldArray],
    fold: NestedFold,
    alphas: NDArray[np.float64],
    objective: Objective,
) -> Iterator[PrimalPair]:
    """Score every alpha within the training rows, for every source and target.

    Parameters
    ----------
    sources, targets : mapping of str to FoldArray
        Of this fold: layers and ROIs to encode, ROIs and layers to decode. None with
        :func:`constant_problems`: a source has to vary, and no pattern of a target may be constant.
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative alphas, above 0.
    objective : {'two_vs_two', 'correlation'}
        Inner score that chooses.

    Yields
    ------
    PrimalPair
        Source by source.

    Raises
    ------
    AlignmentError
        An alpha is not above 0.

    Notes
    -----
    Costs ``(n_inner + 1) 9 p³`` operations for each source of p columns and, for each target of q
    columns, about ``2 n_train r (p + n_held_out)`` for each alpha, with r the smaller of p and q.
    Memory above the z-scored arrays: ``(n_inner + 1) p²`` and a few times ``n_held_out²`` numbers,
    however many alphas there are.
    """
    train = fold.outer.train
    for source, array in sources.items():
        outer, *inner = _splits(array.z, fold)
        trained = array.z[train]
        scale = float(np.vdot(trained, trained)) / len(train)
        penalty = alphas * scale
        for target, compared in targets.items():
            patterns = compared.patterns()
            total = trained.T @ patterns[train]
            folds = [
                PrimalFold(split, _without(split, array.z, patterns, total)) for split in inner
            ]
            # Rounded as on the kernel side: means over folds that are equal have to tie.
            curve = np.round(inner_curve(folds, penalty, objective), 12)
            whole = split_target(outer, patterns, total)
            yield PrimalPair((source, target), outer, whole, scale, curve)


def score_by_columns(
    sources: Mapping[str, FoldArray], targets: Mapping[str, FoldArray], task: FoldTask
) -> Iterator[PairScore]:
    """Score every source against every target in one outer fold, with the alpha chosen inside.

    Takes what :func:`primal_pairs` takes, costs as much, and yields the rows, source by source,
    that the kernel side gives.
    """
    for pair in primal_pairs(sources, targets, task.fold, task.alphas, task.objective):
        yield score_pair(pair.names, pair.correlations, pair.scale, task, pair.curve)


def _splits(z: NDArray[np.float64], fold: NestedFold) -> list[SourceSplit]:
    """Decompose a source over the outer training rows, then without each inner fold."""
    train = fold.outer.train
    cross = z[train].T @ z[train]
    splits = [split_source(z, cross, train, fold.outer.test)]
    for inner in fold.inner:
        held_out = train[inner.test]
        without = cross - z[held_out].T @ z[held_out]
        splits.append(split_source(z, without, train[inner.train], held_out))
    return splits


def _without(
    split: SourceSplit,
    z: NDArray[np.float64],
    patterns: NDArray[np.float64],
    total: NDArray[np.float64],
) -> TargetSplit:
    """Bring a target to the coordinates of an inner fold, whose held-out rows are taken off."""
    cross = total - z[split.held_out].T @ patterns[split.held_out]
    return split_target(split, patterns, cross)
