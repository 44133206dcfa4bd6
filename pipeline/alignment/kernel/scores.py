"""Encoding and decoding scores from Gram matrices: one engine, features and responses exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.correlations import correlate, true_patterns
from pipeline.alignment.kernel.exact import hat_matrix
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.inner_curves import inner_curves
from pipeline.alignment.kernel.ridge import mean_eigenvalue
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.threads import Map


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
    curves = inner_curves(sources, targets, task, in_parallel)
    true = {name: true_patterns(gram.patterns, train, test) for name, gram in targets.items()}

    def of_source(name: str) -> list[PairScore]:
        kernel = sources[name].kernel
        scale = mean_eigenvalue(kernel, train)
        gram, crossed = kernel[np.ix_(train, train)], kernel[np.ix_(test, train)]

        @cache  # targets often choose the same alpha
        def hat(alpha: float) -> NDArray[np.float64]:
            return hat_matrix(gram, crossed, alpha * scale)

        def score(target: str, curve: NDArray[np.float64]) -> PairScore:
            def correlations(alpha: float) -> NDArray[np.float64]:
                return correlate(hat(alpha), true[target])

            return score_pair((name, target), correlations, scale, task, curve)

        return [score(*place) for place in zip(targets, curves[name], strict=True)]

    return [pair for pairs in in_parallel(of_source, sources) for pair in pairs]
