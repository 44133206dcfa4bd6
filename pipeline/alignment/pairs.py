"""The score of one source and one target in one outer fold, at the alpha chosen inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import Border, choose_alpha
from pipeline.alignment.contrasts.pair_sums import PairSums, sum_pairs
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.scores import SCORES, Comparison
from pipeline.words import Direction, Objective


@dataclass(frozen=True)
class FoldTask:
    """What is done with every source and target of one outer fold.

    Parameters
    ----------
    number : int
        Of the fold.
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

    number: int
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
    scores : dict of str to float
        Over the test stimuli of the outer fold: one of each score in ``SCORES``.
    n_pairs_within : int
        Pairs of test stimuli with one label.
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
    scores: dict[str, float]
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


def score_pair(
    names: tuple[str, str],
    correlations: Callable[[float], NDArray[np.float64]],
    scale: float,
    task: FoldTask,
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
    task : FoldTask
    curve : ndarray of float64, shape (2, n_alphas)
        Inner 2v2 accuracy and correlation.
    """
    choice = choose_alpha(task.alphas, curve[0], curve[1], task.objective)
    alpha = float(task.alphas[choice.position])
    train, test = task.fold.outer.train, task.fold.outer.test
    comparison = Comparison(correlations(alpha), task.labels[test])
    return PairScore(
        source=names[0],
        target=names[1],
        scores={name: float(score.compute(comparison)) for name, score in SCORES.items()},
        n_pairs_within=int(np.count_nonzero(comparison.pairs_within)) // 2,
        alpha=alpha,
        alpha_absolute=alpha * scale,
        border=choice.border,
        inner=curve,
        position=choice.position,
        n_test=len(test),
        n_train=len(train),
        sums=sum_pairs(comparison.R, task.blocks[test]),
    )
