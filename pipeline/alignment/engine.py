"""Encoding and decoding scores: the same engine with features and responses exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.gram import Grams, gram_matrices, gram_problems
from pipeline.alignment.patterns import TruePatterns, correlate, true_patterns
from pipeline.alignment.ridge import Ridge, factorise, held_out_hat
from pipeline.alignment.settings import Similarity
from pipeline.alignment.two_vs_two import mean_correlation, rank_accuracy, two_vs_two
from pipeline.errors import AlignmentError, refuse

Direction = Literal["encoding", "decoding"]


@dataclass(frozen=True)
class PairScore:
    """How well one source predicts one target in one outer fold.

    Parameters
    ----------
    source, target : str
        Layer and ROI when encoding, ROI and layer when decoding.
    two_vs_two, correlation, rank_accuracy : float
        Over the test stimuli of the outer fold; correlation is the mean over stimuli of predicted
        with true pattern.
    alpha, alpha_absolute : float
        Chosen inside the training fold: relative to the mean eigenvalue of the training kernel,
        and the penalty itself.
    alpha_at_border : bool
        The smallest or largest alpha tried was chosen.
    inner_two_vs_two, inner_correlation : ndarray of float64, shape (n_alphas,)
        Mean over inner folds, for every alpha tried.
    position : int
        Of the chosen alpha among those tried.
    n_test, n_train : int
        Stimuli.
    """

    source: str
    target: str
    two_vs_two: float
    correlation: float
    rank_accuracy: float
    alpha: float
    alpha_absolute: float
    alpha_at_border: bool
    inner_two_vs_two: NDArray[np.float64]
    inner_correlation: NDArray[np.float64]
    position: int
    n_test: int
    n_train: int


def fold_grams(
    arrays: Mapping[str, NDArray[np.floating]],
    train: NDArray[np.int64],
    similarity: Similarity,
    where: str,
) -> dict[str, Grams]:
    """Form the Gram matrices of all layers, or of all ROIs, for one fold.

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
    grams = {name: gram_matrices(values, train, similarity) for name, values in arrays.items()}
    problems = (
        problem
        for name, gram in grams.items()
        for problem in gram_problems(gram, train, f"{where} {name}")
    )
    refuse(problems, AlignmentError)
    return grams


def score_direction(
    sources: Mapping[str, Grams],
    targets: Mapping[str, Grams],
    fold: NestedFold,
    alphas: NDArray[np.float64],
) -> Iterator[PairScore]:
    """Score every source against every target in one outer fold.

    One factorisation of a source serves all alphas, inner folds and targets; every target is
    sliced once for all sources. z-scores come from the whole outer training fold, also inside its
    inner folds, as the block identity needs one kernel: test stimuli take no part in either.

    Parameters
    ----------
    sources, targets : mapping of str to Grams
        Of this fold: layers and ROIs to encode, ROIs and layers to decode.
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative alphas to choose from.

    Yields
    ------
    PairScore
        Source by source.
    """
    train, test = fold.outer.train, fold.outer.test
    outer = [true_patterns(gram.patterns, train, test) for gram in targets.values()]
    within = [
        [
            true_patterns(gram.patterns, train[inner.train], train[inner.test])
            for inner in fold.inner
        ]
        for gram in targets.values()
    ]
    for source, gram in sources.items():
        ridge = factorise(gram.kernel, train, test)
        curves = _inner_scores(ridge, fold, alphas, within)
        for target, true, curve in zip(targets, outer, curves, strict=True):
            yield _outer_score((source, target), ridge, true, alphas, curve)


def _inner_scores(
    ridge: Ridge,
    fold: NestedFold,
    alphas: NDArray[np.float64],
    targets: Sequence[Sequence[TruePatterns]],
) -> NDArray[np.float64]:
    """Mean inner 2v2 and correlation, shape (n_targets, 2, n_alphas)."""
    scores = np.zeros((len(targets), 2, len(alphas)))
    resolvents = ridge.resolvents(alphas)
    for number, inner in enumerate(fold.inner):
        hats = held_out_hat(resolvents, inner.train, inner.test)
        for target, slices in enumerate(targets):
            R = correlate(hats, slices[number])
            scores[target] += two_vs_two(R), mean_correlation(R)
    scores /= len(fold.inner)
    # Means over folds that are equal but for the order of summing have to tie, not to be ranked.
    return np.round(scores, 12)


def _outer_score(
    names: tuple[str, str],
    ridge: Ridge,
    true: TruePatterns,
    alphas: NDArray[np.float64],
    curve: NDArray[np.float64],
) -> PairScore:
    choice = choose_alpha(alphas, curve[0], curve[1])
    alpha = float(alphas[choice.position])
    R = correlate(ridge.hat(alpha), true)
    return PairScore(
        source=names[0],
        target=names[1],
        two_vs_two=float(two_vs_two(R)),
        correlation=float(mean_correlation(R)),
        rank_accuracy=float(rank_accuracy(R)),
        alpha=alpha,
        alpha_absolute=alpha * ridge.scale,
        alpha_at_border=choice.at_border,
        inner_two_vs_two=curve[0],
        inner_correlation=curve[1],
        position=choice.position,
        n_test=len(ridge.test),
        n_train=len(ridge.train),
    )
