"""Inner scores of all sources and targets in one outer fold, exact wherever a choice hangs on them.

All alphas are scored in float32 first. Where two of them, or the best ones of two layers, lie
within the bounds of their errors, they are scored again in float64: what is chosen is what float64
throughout would choose.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.kernel.alpha_curves import (
    InnerTarget,
    inner_scores,
    inner_source,
    inner_target,
)
from pipeline.alignment.kernel.correlations import correlate, true_patterns
from pipeline.alignment.kernel.decided import AlphaScores, candidates
from pipeline.alignment.kernel.exact import ExactScores
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.ridge import decomposed, mean_eigenvalue
from pipeline.alignment.pairs import FoldTask
from pipeline.alignment.threads import Map
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two

#: Rows that are fitted, and rows that are held out, among all stimuli.
RowSplit = tuple[NDArray[np.int64], NDArray[np.int64]]
# Kept rows from which products in float32 save more than bounds and second looks cost.
SINGLE_FROM = 200
# Scores that are equal but for the order of summing have to tie, not to be ranked.
DIGITS = 12


def inner_curves(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: FoldTask, in_parallel: Map
) -> dict[str, NDArray[np.float64]]:
    """Average inner 2v2 and correlation over inner folds.

    Parameters
    ----------
    sources, targets : mapping of str to Grams
    task : FoldTask
    in_parallel : callable
        ``map``, or that of :func:`workers`.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_targets, 2, n_alphas)
        By source. Alphas that may be the best of a pair, and those of layers that may be the best
        of an ROI, are exact to rounding in float64 unless nothing comes near them.
    """
    train = task.fold.outer.train
    penalties = {
        name: task.alphas * mean_eigenvalue(gram.kernel, train) for name, gram in sources.items()
    }
    scores = _score_all(sources, targets, penalties, task, in_parallel)
    for near_best in (_alphas_near_best, _layers_near_best):
        again = near_best(scores, task) & (scores.errors > 0).any(axis=2)
        scores = _look_again(scores, again, sources, targets, penalties, task, in_parallel)
    return {name: scores.values[n].round(DIGITS) for n, name in enumerate(sources)}


def _score_all(
    sources: Mapping[str, Grams],
    targets: Mapping[str, Grams],
    penalties: Mapping[str, NDArray[np.float64]],
    task: FoldTask,
    in_parallel: Map,
) -> AlphaScores:
    """Average the scores of all alphas, shape (n_sources, n_targets, 2, n_alphas).

    A source is decomposed once in an inner fold for all alphas and targets, and a target is
    factorised once for all sources.
    """
    train = task.fold.outer.train
    parts = [(train[fold.train], train[fold.test]) for fold in task.fold.inner]
    single = min(len(fitted) for fitted, _ in parts) >= SINGLE_FROM
    score = _in_float32 if single else _in_float64
    by_fold = [score(sources, targets, penalties, rows, in_parallel) for rows in parts]

    def mean(part: str) -> NDArray[np.float64]:
        every = [[[getattr(one, part) for one in row] for row in scores] for scores in by_fold]
        averaged: NDArray[np.float64] = np.array(every, dtype=np.float64).mean(axis=0)
        return averaged

    return AlphaScores(mean("values"), mean("errors"))


def _in_float32(
    sources: Mapping[str, Grams],
    targets: Mapping[str, Grams],
    penalties: Mapping[str, NDArray[np.float64]],
    rows: RowSplit,
    in_parallel: Map,
) -> list[list[AlphaScores]]:
    """Score every source's predictions of all targets in one inner fold, with bounds."""
    fitted, held_out = rows

    def of_target(name: str) -> InnerTarget:
        patterns = targets[name].patterns
        unit = patterns[np.ix_(fitted, held_out)] / np.sqrt(np.diagonal(patterns)[held_out])
        return inner_target(patterns[np.ix_(fitted, fitted)], unit)

    true = list(in_parallel(of_target, targets))

    def of_source(name: str) -> list[AlphaScores]:
        kernel = sources[name].kernel
        gram, crossed = kernel[np.ix_(fitted, fitted)], kernel[np.ix_(held_out, fitted)]
        source = inner_source(gram, crossed, penalties[name])
        return [inner_scores(source, target) for target in true]

    return list(in_parallel(of_source, sources))


def _in_float64(
    sources: Mapping[str, Grams],
    targets: Mapping[str, Grams],
    penalties: Mapping[str, NDArray[np.float64]],
    rows: RowSplit,
    in_parallel: Map,
) -> list[list[AlphaScores]]:
    """Score every source's predictions of all targets in one inner fold, as they are."""
    fitted, held_out = rows
    true = [true_patterns(gram.patterns, fitted, held_out) for gram in targets.values()]

    def of_source(name: str) -> list[AlphaScores]:
        kernel = sources[name].kernel
        gram, crossed = kernel[np.ix_(fitted, fitted)], kernel[np.ix_(held_out, fitted)]
        hats = decomposed(gram, crossed, scale=1.0).hat(penalties[name])
        return [_exact(correlate(hats, target)) for target in true]

    return list(in_parallel(of_source, sources))


def _exact(R: NDArray[np.float64]) -> AlphaScores:
    values = np.array([two_vs_two(R), mean_correlation(R)])
    return AlphaScores(values, np.zeros_like(values))


def _alphas_near_best(scores: AlphaScores, task: FoldTask) -> NDArray[np.bool_]:
    """Mark alphas that may be the best of their pair, where there are several."""
    return _several(candidates(scores.values, scores.errors, task.objective))


def _layers_near_best(scores: AlphaScores, task: FoldTask) -> NDArray[np.bool_]:
    """Mark the best alpha of each pair that may be the best of its source's, or its target's."""
    n_alphas = scores.values.shape[-1]
    best = np.array(
        [
            [
                choose_alpha(task.alphas, curve[0], curve[1], task.objective).position
                for curve in of_source
            ]
            for of_source in scores.values
        ]
    )
    at_best = best[..., None, None]
    values, errors = (
        np.take_along_axis(part, at_best, axis=-1)[..., 0]
        for part in (scores.values, scores.errors)
    )
    of_source = _several(candidates(values.swapaxes(1, 2), errors.swapaxes(1, 2), task.objective))
    of_target = _several(
        candidates(values.transpose(1, 2, 0), errors.transpose(1, 2, 0), task.objective)
    ).T
    near: NDArray[np.bool_] = (of_source | of_target)[..., None] & (
        np.arange(n_alphas) == best[..., None]
    )
    return near


def _several(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Unmark what is alone on the last axis: it is the best for certain."""
    return marked & (np.count_nonzero(marked, axis=-1, keepdims=True) > 1)


def _look_again(
    scores: AlphaScores,
    again: NDArray[np.bool_],
    sources: Mapping[str, Grams],
    targets: Mapping[str, Grams],
    penalties: Mapping[str, NDArray[np.float64]],
    task: FoldTask,
    in_parallel: Map,
) -> AlphaScores:
    """Put exact scores, without errors, in the place of those that are again.

    ``again`` has the shape (n_sources, n_targets, n_alphas).
    """
    names, values, errors = list(targets), scores.values.copy(), scores.errors.copy()
    errors[np.broadcast_to(again[:, :, None], errors.shape)] = 0

    def of_source(name: str, of_pairs: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
        exact = ExactScores(sources[name], targets, task.fold.outer.train, task.fold.inner)
        return [
            exact.of(names[target], float(penalties[name][alpha]))
            for target, alpha in np.argwhere(of_pairs)
        ]

    numbers = [n for n in range(len(sources)) if again[n].any()]
    order = list(sources)
    exact = in_parallel(lambda n: of_source(order[n], again[n]), numbers)
    for n, scored in zip(numbers, exact, strict=True):
        target, alpha = np.nonzero(again[n])
        values[n, target, :, alpha] = scored
    return AlphaScores(values, errors)
