"""Encoding and decoding scores where stimuli outnumber features and voxels.

The same quantities as :mod:`pipeline.alignment.engine`, to rounding, without any matrix over the
training stimuli. With ``C = Zᵀ Z`` of the training rows and ``B = Zᵀ Y``, an inner fold that leaves
out the rows H has ``C - Z_Hᵀ Z_H`` and ``B - Z_Hᵀ Y_H``: the held-out block identity in primal
form. The other rows are not gone through again, and the penalty is that of the whole training fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.engine import PairScore
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.gram import constant_row_problems, z_scored
from pipeline.alignment.primal_ridge import no_variation, penalties
from pipeline.alignment.primal_split import (
    SourceSplit,
    TargetSplit,
    correlate_split,
    split_source,
    split_target,
)
from pipeline.alignment.settings import Similarity
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two
from pipeline.errors import AlignmentError, Problem, refuse


@dataclass(frozen=True)
class FoldArray:
    """Features or responses z-scored for one fold.

    Parameters
    ----------
    z : ndarray of float64, shape (n_stimuli, n_columns)
        What ridge predicts from.
    similarity : {'pearson', 'cosine'}
        How patterns are compared.
    """

    z: NDArray[np.float64]
    similarity: Similarity

    def patterns(self) -> NDArray[np.float64]:
        """Return what is predicted: rows centred over columns (Pearson), or as they are."""
        if self.similarity == "cosine":
            return self.z
        centred: NDArray[np.float64] = self.z - self.z.mean(axis=1, keepdims=True)
        return centred


def fold_arrays(
    arrays: Mapping[str, NDArray[np.floating]],
    train: NDArray[np.int64],
    similarity: Similarity,
    where: str,
) -> dict[str, FoldArray]:
    """Z-score all layers, or all ROIs, for one fold: the primal side's :func:`fold_grams`.

    Parameters
    ----------
    arrays : mapping of str to ndarray, shape (n_stimuli, n_columns)
    train : ndarray of int, shape (n_train,)
    similarity : {'pearson', 'cosine'}
    where : str
        What the arrays are, for messages.

    Raises
    ------
    AlignmentError
        All arrays with a constant pattern, or without a column that varies.
    """
    folded = {name: FoldArray(z_scored(v, train), similarity) for name, v in arrays.items()}
    problems = (
        problem
        for name, array in folded.items()
        for problem in _array_problems(array, train, f"{where} {name}")
    )
    refuse(problems, AlignmentError)
    return folded


def score_direction_primal(
    sources: Mapping[str, FoldArray],
    targets: Mapping[str, FoldArray],
    fold: NestedFold,
    alphas: NDArray[np.float64],
) -> Iterator[PairScore]:
    """Score every source against every target in one outer fold.

    Parameters
    ----------
    sources, targets : mapping of str to FoldArray
        Of this fold: layers and ROIs to encode, ROIs and layers to decode.
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative alphas to choose from.

    Yields
    ------
    PairScore
        Source by source; the numbers of :func:`pipeline.alignment.engine.score_direction`.

    Notes
    -----
    Costs ``(n_inner + 1) 9 p³`` flops for each source of p columns and, for each target of q
    columns, about ``2 n_train r (p + n_test_inner)`` for each alpha, with r the smaller of p and
    q. Memory above the z-scored arrays: ``(n_inner + 1) p²`` and a few times ``n_test_inner²``
    numbers, whatever the number of alphas.
    """
    for source, array in sources.items():
        outer, *inner = _splits(array.z, fold)
        trained = array.z[fold.outer.train]
        penalty = penalties(alphas, float(np.vdot(trained, trained)) / len(trained))
        for target, compared in targets.items():
            patterns = compared.patterns()
            total = trained.T @ patterns[fold.outer.train]
            curve = np.zeros((2, len(alphas)))
            for split in inner:
                held_out = split.held_out
                cross = total - array.z[held_out].T @ patterns[held_out]
                curve += _curve(split, split_target(split, patterns, cross), penalty)
            # Rounded as on the kernel side: means over folds that are equal have to tie.
            curve = np.round(curve / len(inner), 12)
            whole = split_target(outer, patterns, total)
            yield _outer_score((source, target), outer, whole, (alphas, penalty), curve)


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


def _curve(
    source: SourceSplit, target: TargetSplit, penalty: NDArray[np.float64]
) -> NDArray[np.float64]:
    """2v2 and mean correlation for every penalty, shape (2, n_alphas), one R held at a time."""
    curve = np.empty((2, len(penalty)))
    for number, one in enumerate(penalty):
        R = correlate_split(source, target, float(one))
        curve[:, number] = float(two_vs_two(R)), float(mean_correlation(R))
    return curve


def _outer_score(
    names: tuple[str, str],
    source: SourceSplit,
    target: TargetSplit,
    tried: tuple[NDArray[np.float64], NDArray[np.float64]],
    curve: NDArray[np.float64],
) -> PairScore:
    alphas, penalty = tried
    choice = choose_alpha(alphas, curve[0], curve[1])
    R = correlate_split(source, target, float(penalty[choice.position]))
    return PairScore(
        source=names[0],
        target=names[1],
        two_vs_two=float(two_vs_two(R)),
        correlation=float(mean_correlation(R)),
        rank_accuracy=float(rank_accuracy(R)),
        alpha=float(alphas[choice.position]),
        alpha_absolute=float(penalty[choice.position]),
        alpha_at_border=choice.at_border,
        inner_two_vs_two=curve[0],
        inner_correlation=curve[1],
        position=choice.position,
        n_test=len(source.held_out),
        n_train=len(source.kept),
    )


def _array_problems(array: FoldArray, train: NDArray[np.int64], where: str) -> Iterator[Problem]:
    """Say why an array cannot be aligned in this fold: constant rows, or no varying column."""
    if not array.z[train].any():
        yield no_variation(where)
        return
    patterns = array.patterns()
    squares = np.einsum("ij,ij->i", patterns, patterns)
    raw = np.einsum("ij,ij->i", array.z, array.z)
    yield from constant_row_problems(squares, raw, np.arange(len(raw)), where)
