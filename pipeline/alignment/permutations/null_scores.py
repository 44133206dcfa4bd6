"""2v2 accuracy with the stimuli of a target exchanged, for many permutations at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.constant import constant_row_problems
from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.two_vs_two import two_vs_two
from pipeline.errors import AlignmentError, refuse
from pipeline.words import Similarity

# Bytes of the patterns that are exchanged and predicted together.
BATCH_BYTES = 16 * 2**20


def pattern_coordinates(
    values: NDArray[np.floating], similarity: Similarity, where: str = "target"
) -> NDArray[np.float64]:
    """Bring a target's patterns to as few coordinates as keep all their inner products.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_columns)
        Where there are more columns than stimuli they are read once, in blocks.
    similarity : {'pearson', 'cosine'}
        Pearson: rows are centred over columns.
    where : str
        What the target is, for messages.

    Returns
    -------
    ndarray of float64, shape (n_stimuli, n_coordinates)
        Of columns z-scored over all stimuli: those columns themselves, or n_stimuli coordinates
        of the same Gram matrix.

    Raises
    ------
    AlignmentError
        A pattern is constant.
    """
    n_stimuli, n_columns = values.shape
    every = np.arange(n_stimuli)
    if n_columns > n_stimuli:
        grams = gram_matrices(values, every, similarity)
        raw, squares = np.diagonal(grams.kernel), np.diagonal(grams.patterns)
        eigenvalues, eigenvectors = np.linalg.eigh(grams.patterns)
        coordinates: NDArray[np.float64] = eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    else:
        z = z_scored(values, every)
        raw = np.einsum("ij,ij->i", z, z)
        coordinates = z - z.mean(axis=1, keepdims=True) if similarity == "pearson" else z
        squares = np.einsum("ij,ij->i", coordinates, coordinates)
    refuse(constant_row_problems(squares, raw, every, where), AlignmentError)
    return coordinates


def exchanged_scores(
    hats: Sequence[NDArray[np.float64]],
    coordinates: NDArray[np.float64],
    folds: Sequence[Fold],
    permutations: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Refit every fold to every permutation of the target, and score the test stimuli.

    Parameters
    ----------
    hats : sequence of ndarray of float64, shape (n_test, n_train)
        ``H`` of each fold. Its rows sum to 0, as sources are centred over the training rows, so
        that predictions are the same whether or not the targets were centred.
    coordinates : ndarray of float64, shape (n_stimuli, n_coordinates)
        From :func:`pattern_coordinates`.
    folds : sequence of Fold
    permutations : ndarray of int64, shape (n_permutations, n_stimuli)
        ``[n, i]`` is the row that takes the place of row i.

    Returns
    -------
    ndarray of float64, shape (n_permutations,)
        2v2 accuracy, mean over folds, to 12 digits: equal scores have to tie.
    """
    stacked = _stack(hats, folds, len(coordinates))
    # As where the engine correlates: a square that rounding alone could leave is no pattern.
    noise = len(coordinates) * np.finfo(np.float64).eps * float(np.vdot(coordinates, coordinates))
    least = noise * np.einsum("ij,ij->i", stacked, stacked)[: -len(folds)]
    batch = max(1, BATCH_BYTES // coordinates.nbytes)
    scores = np.empty(len(permutations))
    for start in range(0, len(permutations), batch):
        chosen = slice(start, start + batch)
        exchanged = coordinates[permutations[chosen]]
        products = stacked @ exchanged
        predicted, means = products[:, : -len(folds)], products[:, -len(folds) :]
        scores[chosen] = _mean_accuracy(_unit(predicted, least), means, exchanged, folds)
    return np.round(scores, 12)


def _stack(
    hats: Sequence[NDArray[np.float64]], folds: Sequence[Fold], n_stimuli: int
) -> NDArray[np.float64]:
    """Matrix that gives all folds' predictions, one below the other, then their training means."""
    edges = np.cumsum([0, *(len(hat) for hat in hats)])
    stacked = np.zeros((edges[-1] + len(folds), n_stimuli))
    for number, (hat, fold) in enumerate(zip(hats, folds, strict=True)):
        stacked[edges[number] : edges[number + 1], fold.train] = hat
        stacked[edges[-1] + number, fold.train] = 1 / len(fold.train)
    return stacked


def _mean_accuracy(
    predicted: NDArray[np.float64],
    means: NDArray[np.float64],
    exchanged: NDArray[np.float64],
    folds: Sequence[Fold],
) -> NDArray[np.float64]:
    """2v2 within each fold, averaged over folds, shape (n_batch,)."""
    total = np.zeros(len(exchanged))
    edges = np.cumsum([0, *(len(fold.test) for fold in folds)])
    for number, (start, stop) in enumerate(pairwise(edges)):
        true = _unit(exchanged[:, folds[number].test] - means[:, number, None], np.zeros(1))
        total += two_vs_two(predicted[:, start:stop] @ true.swapaxes(1, 2))
    mean: NDArray[np.float64] = total / len(folds)
    return mean


def _unit(patterns: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring patterns to length 1, and to 0 where their square is no more than ``least``."""
    squares = np.einsum("bij,bij->bi", patterns, patterns)
    unit: NDArray[np.float64] = (
        patterns / np.sqrt(np.where(squares > least, squares, np.inf))[..., None]
    )
    return unit
