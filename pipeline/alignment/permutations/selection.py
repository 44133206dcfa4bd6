"""The choice of layer and alpha inside a training fold, for many exchanges of a target at once.

An alpha is judged by the pooled correlation of out-of-fold predictions with the truth: with A(α)
the matrix that predicts every training row from the rows of the other inner folds and C centring
over training rows, numerator and denominator are

    Σ ŷ·y = <C A C, G>        Σ ŷ·ŷ = <C Aᵀ A C, G>        Σ y·y = <C, G>

linear in the Gram matrix G of the target's patterns. Exchanging stimuli only moves the entries of
G, so that one product of matrices judges all alphas for all exchanges: nothing is fitted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.ridge import factorise, mean_eigenvalue
from pipeline.alignment.sources import Layer

#: Bytes of the forms of all sources of one fold, and of the exchanged targets held beside them.
FORM_BYTES = 2**30
BATCH_BYTES = 64 * 2**20
#: Where all alphas would not fit, so many are still tried.
LEAST_ALPHAS = 3


def alphas_that_fit(
    alphas: NDArray[np.float64], n_train: int, n_sources: int
) -> NDArray[np.float64]:
    """Thin alphas, evenly over their order, to those whose forms fit into memory.

    Parameters
    ----------
    alphas : ndarray of float64, shape (n_alphas,)
    n_train, n_sources : int

    Returns
    -------
    ndarray of float64, shape (at most n_alphas,)
        Ascending. All of them up to some 1,000 training stimuli.
    """
    room = FORM_BYTES // (8 * n_train**2 * n_sources)
    n_kept = min(len(alphas), max(LEAST_ALPHAS, room))
    places = np.linspace(0, len(alphas) - 1, n_kept).round().astype(int)
    fitting: NDArray[np.float64] = np.sort(alphas)[places]
    return fitting


def selection_forms(
    source: Layer, fold: NestedFold, alphas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Form what judges every alpha of one source.

    Parameters
    ----------
    source : Layer
    fold : NestedFold
    alphas : ndarray of float64, shape (n_alphas,)
        Relative, as for the scores: in units of the mean eigenvalue of the outer training kernel.

    Returns
    -------
    ndarray of float64, shape (n_train (n_train + 1) / 2, 2 n_alphas + 1)
        Numerators, denominators, and the squares of the truth, as weights of the upper triangle
        of the target's Gram matrix over the training rows.
    """
    train = fold.outer.train
    n_train = len(train)
    kernel = source.grams(train, "cosine", "source").kernel
    scale = mean_eigenvalue(kernel, train)
    inside = kernel[np.ix_(train, train)]
    predictors = np.zeros((len(alphas), n_train, n_train))
    for inner in fold.inner:
        ridge = factorise(inside, inner.train, inner.test)
        predictors[:, inner.test[:, None], inner.train] = ridge.hat(alphas * (scale / ridge.scale))
    predictors -= predictors.mean(axis=2, keepdims=True)
    rows, columns = np.triu_indices(n_train)
    twice = np.where(rows == columns, 1.0, 2.0)
    forms = np.empty((len(rows), 2 * len(alphas) + 1))
    for number, centred in enumerate(predictors):
        numerator = centred - centred.mean(axis=0)
        symmetric = (numerator + numerator.T) / 2
        forms[:, number] = symmetric[rows, columns] * twice
        forms[:, len(alphas) + number] = (centred.T @ centred)[rows, columns] * twice
    forms[:, -1] = np.where(rows == columns, 1.0, 0.0) - twice / n_train
    return forms


def judge_alphas(
    forms: Mapping[str, NDArray[np.float64]],
    grams: Mapping[str, NDArray[np.float64]],
    pairs: Iterable[tuple[str, str]],
    train: NDArray[np.int64],
    permutations: NDArray[np.int64],
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Judge every alpha of every pair of source and target, with the target's stimuli exchanged.

    Parameters
    ----------
    forms : mapping of source to ndarray
        From :func:`selection_forms`.
    grams : mapping of target to ndarray, shape (n_stimuli, n_stimuli)
        Of its patterns.
    pairs : iterable of (source, target)
    train : ndarray of int, shape (n_train,)
    permutations : ndarray of int64, shape (n_permutations, n_stimuli)

    Returns
    -------
    dict of (source, target) to ndarray of float64, shape (n_permutations, n_alphas)
        Pooled correlation of out-of-fold predictions with the truth, to 9 digits; 0 where nothing
        is predicted.
    """
    rows, columns = np.triu_indices(len(train))
    sources_of: dict[str, list[str]] = {}
    for source, target in pairs:
        sources_of.setdefault(target, []).append(source)
    batch = max(1, BATCH_BYTES // (8 * len(rows)))
    judged = {}
    for target, sources in sources_of.items():
        flat, n_stimuli = grams[target].ravel(), len(grams[target])
        products: dict[str, list[NDArray[np.float64]]] = {source: [] for source in sources}
        for start in range(0, len(permutations), batch):
            moved = permutations[start : start + batch, train]
            exchanged = flat.take(moved[:, rows] * n_stimuli + moved[:, columns])
            for source in sources:
                products[source].append(exchanged @ forms[source])
        for source in sources:
            judged[source, target] = _correlation(np.concatenate(products[source]))
    return judged


def _correlation(products: NDArray[np.float64]) -> NDArray[np.float64]:
    n_alphas = products.shape[1] // 2
    shared, predicted, true = np.split(products, [n_alphas, 2 * n_alphas], axis=1)
    squares = predicted * true
    least = np.finfo(np.float64).eps * np.abs(squares).max(initial=0.0)
    norms, there = np.sqrt(np.abs(squares)), squares > least
    r: NDArray[np.float64] = np.zeros_like(shared)
    np.divide(shared, norms, out=r, where=there)
    return r.round(9)
