"""Encoding and decoding scores from Gram matrices: one engine, features and responses exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.alpha_curves import inner_scores, inner_source, inner_target
from pipeline.alignment.kernel.correlations import correlate, true_patterns
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.ridge import factorise, mean_eigenvalue
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.threads import Map

Value = TypeVar("Value")


def score_by_stimuli(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: FoldTask, in_parallel: Map
) -> list[PairScore]:
    """Score every source against every target in one outer fold.

    z-scores come from the whole outer training fold, also inside its inner folds: test stimuli
    take no part in either.

    Parameters
    ----------
    sources, targets : mapping of str to Grams
        Of this fold: layers and ROIs to encode, ROIs and layers to decode.
    task : FoldTask
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

            return score_pair((name, target), correlations, ridge.scale, task, curve)

        return [score(*place) for place in zip(targets, curves[name], strict=True)]

    return [pair for pairs in in_parallel(of_source, sources) for pair in pairs]


def _inner_curves(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: FoldTask, in_parallel: Map
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
