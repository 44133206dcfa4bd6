"""Encoding and decoding scores: the same engine with features and responses exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import Border, choose_alpha
from pipeline.alignment.contrasts.pair_sums import PairSums, sum_pairs
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.alpha_curves import inner_scores, inner_source, inner_target
from pipeline.alignment.kernel.correlations import correlate, true_patterns
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.ridge import factorise, mean_eigenvalue
from pipeline.alignment.threads import Map
from pipeline.alignment.two_vs_two import mean_correlation, pairs_within, rank_accuracy, two_vs_two
from pipeline.words import Direction, Objective

Value = TypeVar("Value")


@dataclass(frozen=True)
class Task:
    """What is done with every source and target of one outer fold.

    Parameters
    ----------
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative alphas to choose from.
    objective : {'two_vs_two', 'correlation'}
        Inner score that chooses.
    labels : ndarray, shape (n_stimuli,)
        Stimuli with one label make the hard pairs.
    blocks : ndarray of str, shape (n_stimuli,)
        Stimulus groups, or blocks of them, over whose pairs 2v2 is summed.
    """

    fold: NestedFold
    alphas: NDArray[np.float64]
    objective: Objective
    labels: NDArray[np.generic]
    blocks: NDArray[np.str_]


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
    two_vs_two_within, n_pairs_within : float, int
        2v2 accuracy over pairs with one label, ½ where there are none, and how many there are.
    alpha, alpha_absolute : float
        Chosen inside the training fold: relative to the mean eigenvalue of the training kernel,
        and the penalty itself.
    border : {'smallest', 'largest'} or None
        The chosen alpha is one of these among those tried.
    inner : ndarray of float64, shape (2, n_alphas)
        2v2 accuracy and mean correlation over inner folds, for every alpha tried.
    position : int
        Of the chosen alpha among those tried.
    n_test, n_train : int
        Stimuli.
    sums : PairSums
        2v2 summed over pairs of stimulus groups.
    """

    source: str
    target: str
    two_vs_two: float
    correlation: float
    rank_accuracy: float
    two_vs_two_within: float
    n_pairs_within: int
    alpha: float
    alpha_absolute: float
    border: Border | None
    inner: NDArray[np.float64]
    position: int
    n_test: int
    n_train: int
    sums: PairSums


@dataclass(frozen=True)
class Scored:
    """A pair's score, and where it belongs.

    Parameters
    ----------
    direction : {'encoding', 'decoding'}
    fold : int
    pair : PairScore
    """

    direction: Direction
    fold: int
    pair: PairScore

    @property
    def roi(self) -> str:
        """ROI of the pair: its target when encoding."""
        return self.pair.target if self.direction == "encoding" else self.pair.source

    @property
    def layer(self) -> str:
        """Layer of the pair: its source when encoding."""
        return self.pair.source if self.direction == "encoding" else self.pair.target


def score_direction(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: Task, in_parallel: Map
) -> list[PairScore]:
    """Score every source against every target in one outer fold.

    z-scores come from the whole outer training fold, also inside its inner folds: test stimuli
    take no part in either.

    Parameters
    ----------
    sources, targets : mapping of str to Grams
        Of this fold: layers and ROIs to encode, ROIs and layers to decode.
    task : Task
    in_parallel : callable
        ``map``, or that of :func:`workers`.

    Returns
    -------
    list of PairScore
        Source by source.
    """
    train, test = task.fold.outer.train, task.fold.outer.test
    curves = _inner_curves(sources, targets, task, in_parallel)
    true = {name: true_patterns(gram.patterns, train, test) for name, gram in targets.items()}

    def of_source(name: str) -> list[PairScore]:
        ridge = factorise(sources[name].kernel, train, test)

        def score(target: str, curve: NDArray[np.float64]) -> PairScore:
            def correlations(alpha: float) -> NDArray[np.float64]:
                return correlate(ridge.hat(alpha), true[target])

            return pair_score((name, target), correlations, ridge.scale, task, curve)

        return [score(*place) for place in zip(targets, curves[name], strict=True)]

    return [pair for pairs in in_parallel(of_source, sources) for pair in pairs]


def _inner_curves(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: Task, in_parallel: Map
) -> dict[str, NDArray[np.float64]]:
    """Average inner 2v2 and correlation over inner folds: source -> (n_targets, 2, n_alphas).

    A source is decomposed once in an inner fold for all alphas and targets, and a target is
    factorised once for all sources.
    """
    train, inner = task.fold.outer.train, task.fold.inner
    penalties = {
        name: task.alphas * mean_eigenvalue(gram.kernel, train) for name, gram in sources.items()
    }
    folds = range(len(inner))
    true = _by_place(
        lambda name, n: inner_target(targets[name].patterns, train, inner[n]),
        list(product(targets, folds)),
        in_parallel,
    )

    def of_source(name: str, n: int) -> NDArray[np.float64]:
        source = inner_source(sources[name].kernel, train, inner[n], penalties[name])
        return np.array([inner_scores(source, true[target, n]) for target in targets])

    scores = _by_place(of_source, list(product(sources, folds)), in_parallel)
    # Means over folds that are equal but for the order of summing have to tie, not to be ranked.
    means = {name: np.array([scores[name, n] for n in folds]).mean(axis=0) for name in sources}
    return {name: mean.round(12) for name, mean in means.items()}


def _by_place(
    function: Callable[[str, int], Value], places: Sequence[tuple[str, int]], in_parallel: Map
) -> dict[tuple[str, int], Value]:
    """Call a function with every name and inner fold, side by side."""
    return dict(zip(places, in_parallel(lambda place: function(*place), places), strict=True))


def pair_score(
    names: tuple[str, str],
    correlations: Callable[[float], NDArray[np.float64]],
    scale: float,
    task: Task,
    curve: NDArray[np.float64],
) -> PairScore:
    """Choose the alpha of a source and a target from its inner scores, and score it.

    Parameters
    ----------
    names : tuple of str
        Source and target.
    correlations : callable
        From a relative alpha to predicted with true test patterns, shape (n_test, n_test).
    scale : float
        Mean eigenvalue of the training kernel: the unit of alpha.
    task : Task
    curve : ndarray of float64, shape (2, n_alphas)
        Inner 2v2 accuracy and correlation.
    """
    choice = choose_alpha(task.alphas, curve[0], curve[1], task.objective)
    alpha = float(task.alphas[choice.position])
    R = correlations(alpha)
    train, test = task.fold.outer.train, task.fold.outer.test
    within = pairs_within(task.labels[test])
    return PairScore(
        source=names[0],
        target=names[1],
        two_vs_two=float(two_vs_two(R)),
        correlation=float(mean_correlation(R)),
        rank_accuracy=float(rank_accuracy(R)),
        two_vs_two_within=float(two_vs_two(R, within)),
        n_pairs_within=int(np.count_nonzero(within)) // 2,
        alpha=alpha,
        alpha_absolute=alpha * scale,
        border=choice.border,
        inner=curve,
        position=choice.position,
        n_test=len(test),
        n_train=len(train),
        sums=sum_pairs(R, task.blocks[test]),
    )
