"""Features of different widths brought to one: PCA fitted on the training stimuli alone.

A model with more features has more to predict from. Where models of different widths are compared,
each layer can first be reduced to the same number of principal components.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import z_scored
from pipeline.alignment.kernel.ridge import Ridge, factorise
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.errors import AlignmentError, Problem
from pipeline.words import Similarity


def projected_array(
    values: NDArray[np.floating],
    train: NDArray[np.int64],
    width: int,
    similarity: Similarity,
    where: str = "features",
) -> FoldArray:
    """Reduce features to ``width`` components, compared as the features these lead back to.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_features)
    train : ndarray of int, shape (n_train,)
    width : int
    similarity : {'pearson', 'cosine'}
    where : str
        Which features they are, for messages.

    Returns
    -------
    FoldArray
        Its ``grams()`` are what :func:`gram_matrices` gives for z-scored features brought back
        from their components (``Z V Vᵀ``), without z-scoring them again: patterns are compared
        over features, so no sign of a component matters. At full rank they are the Gram matrices
        of all features, as far as the rows lie in the space of the training rows. Components go
        by falling variance and are not whitened; in each the feature with the largest weight has
        a positive one, so that signs do not depend on the machine.

    Raises
    ------
    AlignmentError
        The width is not from 1 to the rank of the training rows.

    Notes
    -----
    ``z`` is scikit-learn's ``PCA(width, svd_solver="full")`` on z-scored training rows. Costs one
    singular value decomposition of n_train x n_features. Z-scoring it once more would whiten it.
    """
    z, components = _principal(values, train, width, where)
    return FoldArray(z @ components.T, similarity, components)


def fit_projected(values: NDArray[np.floating], fold: Fold, width: int) -> Ridge:
    """Decompose features that are reduced to ``width`` components, for ridge in one fold.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_features)
    fold : Fold
    width : int
    """
    array = projected_array(values, fold.train, width, "cosine")  # only its kernel is used
    return factorise(array.grams().kernel, fold.train, fold.test)


def projected_coordinates(
    values: NDArray[np.floating], width: int, similarity: Similarity, where: str
) -> NDArray[np.float64]:
    """Bring a target's patterns, reduced over all stimuli, to coordinates.

    Returns
    -------
    ndarray of float64, shape (n_stimuli, width)
        They keep the inner products of the patterns of :func:`projected_array`. An exchange of
        stimuli leaves the components over all of them as they are.
    """
    array = projected_array(values, np.arange(len(values)), width, similarity, where)
    if similarity == "cosine" or array.components is None:
        return array.z
    centred = array.components - array.components.mean(axis=1, keepdims=True)
    eigenvalues, vectors = np.linalg.eigh(centred @ centred.T)
    coordinates: NDArray[np.float64] = array.z @ vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    return coordinates


def _principal(
    values: NDArray[np.floating], train: NDArray[np.int64], width: int, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return z-scored features and their components, shape (width, n_features)."""
    z = z_scored(values, train)
    fitted = z[train]
    _, singular, components = np.linalg.svd(fitted, full_matrices=False)
    # The tolerance of numpy.linalg.matrix_rank.
    smallest = singular[0] * max(fitted.shape) * np.finfo(np.float64).eps
    rank = int(np.count_nonzero(singular > smallest))
    if not 1 <= width <= rank:
        raise AlignmentError(
            Problem(
                f"width of {where}",
                f"from 1 to {rank}, the rank of {len(train)} training rows of "
                f"{values.shape[1]} features",
                str(width),
                "Ask for a width that every layer of every model reaches in every fold.",
            )
        )
    principal = components[:width]
    largest = np.abs(principal).argmax(axis=1)
    return z, principal * np.sign(principal[np.arange(width), largest])[:, None]
