"""Null scores: 2v2 accuracies where features and responses have nothing to do with each other.

Targets are exchanged between stimuli (:mod:`pipeline.alignment.permutations.exchanges`); for every
exchange, in every fold, layer and alpha are chosen anew inside the training rows and ridge is
fitted again. So the null scores are those of the whole procedure.

The statistic. The engine z-scores targets by the training rows of each fold, and an exchange gives
a fold other training rows. Their mean is taken anew for every exchange and fold, exactly. Their
standard deviations are not: each target column is scaled by its standard deviation over all
stimuli, which no exchange changes. And layer and alpha are chosen by the pooled correlation of
out-of-fold predictions (:mod:`pipeline.alignment.permutations.selection`), whatever the objective
of the scores. So the observed statistic differs slightly from the engine's score; but it is
computed as those of the exchanges are, which is what makes the test exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, columns_between
from pipeline.alignment.folds import Fold, NestedFold
from pipeline.alignment.kernel.ridge import Ridge
from pipeline.alignment.permutations.null_scores import exchanged_scores, pattern_coordinates
from pipeline.alignment.permutations.selection import alphas_that_fit, judge_alphas, selection_forms
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.alignment.sources import Layer
from pipeline.alignment.width import fit_projected, projected_coordinates
from pipeline.words import Direction, Similarity

#: A source and a target, among which a cell chooses.
SourceAndTarget = tuple[str, str]


@dataclass(frozen=True)
class NullVector:
    """A cell's score beside its distribution under exchange of stimuli.

    Parameters
    ----------
    observed : float
        2v2 accuracy, mean over folds, with the stimuli as they were.
    null : ndarray of float64, shape (n_permutations,)
        The same with stimuli exchanged.
    """

    observed: float
    null: NDArray[np.float64]

    @property
    def p(self) -> float:
        """(1 + exchanges that score as high or higher) / (1 + exchanges). Never 0."""
        return p_value(self.observed, self.null)


def p_value(observed: float, null: NDArray[np.float64]) -> float:
    """Share of exchanges that score as high, the observed order counted as one of them.

    Parameters
    ----------
    observed : float
    null : ndarray of float64, shape (n_permutations,)
    """
    # means that are equal but for the order of summing have to tie
    as_high = np.round(null, 12) >= round(observed, 12)
    return (1 + int(np.count_nonzero(as_high))) / (1 + len(null))


def null_vectors(
    features: Mapping[str, Layer],
    responses: Mapping[str, Columns],
    direction: Direction,
    folds: Sequence[NestedFold],
    alphas: NDArray[np.float64],
    similarity: Similarity,
    permutations: NDArray[np.int64],
) -> dict[str, NullVector]:
    """Score every ROI in one direction with its stimuli as they were, and exchanged.

    Parameters
    ----------
    features : mapping of str to Layer
        With a width, the components of targets are those of all stimuli, which no exchange
        changes.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    direction : {'encoding', 'decoding'}
    folds : sequence of NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative.
    similarity : {'pearson', 'cosine'}
    permutations : ndarray of int64, shape (n_permutations, n_stimuli)
        From :func:`pipeline.alignment.permutations.exchanges.draw_permutations`.

    Returns
    -------
    dict of ROI to NullVector
        ``null[n]`` belongs to permutation n in every ROI.

    Raises
    ------
    AlignmentError
        A pattern is constant over all stimuli, or nothing of a source varies.

    Notes
    -----
    A fold costs, for each source and target, ``2 n_permutations n_train² n_alphas`` operations for
    the choice and ``2 n_permutations n_test n_train r`` for the fits, r the columns of the target
    or n_stimuli.
    """
    rois = {name: Layer(columns_between(y, 0, y.shape[1])) for name, y in responses.items()}
    sources, targets = (features, rois) if direction == "encoding" else (rois, features)
    cells: dict[str, list[SourceAndTarget]] = {
        roi: [(layer, roi) if direction == "encoding" else (roi, layer) for layer in features]
        for roi in responses
    }
    coordinates = {
        name: _coordinates(target, similarity, f"target {name}") for name, target in targets.items()
    }
    grams = {name: one @ one.T for name, one in coordinates.items()}
    n_stimuli = permutations.shape[1]
    orders = np.concatenate([np.arange(n_stimuli)[None], permutations])
    total = {roi: np.zeros(len(orders)) for roi in cells}
    pairs = [pair for candidates in cells.values() for pair in candidates]
    for fold in folds:
        fitting_alphas = alphas_that_fit(alphas, len(fold.outer.train), len(sources))
        forms = {name: selection_forms(x, fold, fitting_alphas) for name, x in sources.items()}
        judged = judge_alphas(forms, grams, pairs, fold.outer.train, orders)
        fits = {name: _fit(x, fold.outer) for name, x in sources.items()}
        for roi, candidates in cells.items():
            by_candidate = np.stack([judged[pair] for pair in candidates], axis=1)
            best = by_candidate.reshape(len(orders), -1).argmax(axis=1)
            for choice in np.unique(best):
                number, position = divmod(int(choice), len(fitting_alphas))
                source, target = candidates[number]
                hat = fits[source].hat(float(fitting_alphas[position]))
                rows = np.flatnonzero(best == choice)
                total[roi][rows] += exchanged_scores(
                    [hat], coordinates[target], [fold.outer], orders[rows]
                )
    means = {roi: np.round(sums / len(folds), 12) for roi, sums in total.items()}
    return {roi: NullVector(float(mean[0]), mean[1:]) for roi, mean in means.items()}


def _coordinates(target: Layer, similarity: Similarity, where: str) -> NDArray[np.float64]:
    if target.width:
        return projected_coordinates(target.values, target.width, similarity, where)
    return pattern_coordinates(target.values, similarity, where)


def _fit(source: Layer, fold: Fold) -> Ridge:
    if source.width:
        return fit_projected(source.values, fold, source.width)
    return fit_smaller_side(source.values, fold)
