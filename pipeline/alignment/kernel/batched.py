"""Encoding and decoding scores on any array library: few large products for all of a fold.

Written for a GPU, where float64 products cost little and every call costs something: all alphas of
all sources meet all targets at once, in float64 throughout. It runs on numpy, too, where
:mod:`pipeline.alignment.kernel.scores` is several times as fast, and gives the same scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.alphas import choose_alpha
from pipeline.alignment.backends import Backend, BackendArray
from pipeline.alignment.kernel.correlations import rounding_share
from pipeline.alignment.kernel.grams import Grams
from pipeline.alignment.kernel.inner_curves import DIGITS, RowSplit
from pipeline.alignment.kernel.ridge import mean_eigenvalue
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.two_vs_two import mean_correlation, two_vs_two

# Bytes that a batch of sources and alphas takes; one source under one alpha may take more.
BATCH_BYTES = 4 * 2**30


def score_batched(
    sources: Mapping[str, Grams], targets: Mapping[str, Grams], task: FoldTask
) -> list[PairScore]:
    """Score every source against every target in one outer fold.

    Parameters
    ----------
    sources, targets : mapping of str to Grams
        Of this fold and on one device: layers and ROIs to encode, ROIs and layers to decode.
    task : FoldTask

    Returns
    -------
    list of PairScore
        Source by source: what :func:`pipeline.alignment.kernel.scores.score_by_stimuli` gives,
        to rounding.
    """
    names, backend = list(sources), next(iter(sources.values())).backend
    patterns = backend.xp.stack([gram.patterns for gram in targets.values()])
    n_at_once = max(1, BATCH_BYTES // (_bytes_of_an_alpha(task, len(targets)) * len(task.alphas)))
    return [
        pair
        for start in range(0, len(names), n_at_once)
        for pair in _score_batch(
            {name: sources[name] for name in names[start : start + n_at_once]},
            (tuple(targets), patterns),
            task,
        )
    ]


def _bytes_of_an_alpha(task: FoldTask, n_targets: int) -> int:
    """Count what a source takes under one alpha: kernels, hat matrices, and correlations."""
    n_fitted = len(task.fold.outer.train)
    n_tested = max(len(task.fold.outer.test), *(len(fold.test) for fold in task.fold.inner))
    hats_and_products = n_tested * n_fitted * (2 + 2 * n_targets)
    return 8 * (2 * n_fitted**2 + hats_and_products + 4 * n_targets * n_tested**2)


def _score_batch(
    sources: Mapping[str, Grams], targets: tuple[Sequence[str], BackendArray], task: FoldTask
) -> list[PairScore]:
    """Score some sources against all targets: their names, and their patterns side by side."""
    (names, patterns), train = targets, task.fold.outer.train
    backend = next(iter(sources.values())).backend
    kernels = backend.xp.stack([gram.kernel for gram in sources.values()])
    scales = [mean_eigenvalue(gram.kernel, train) for gram in sources.values()]
    penalties = backend.put(np.outer(scales, task.alphas))
    n_at_once = max(1, BATCH_BYTES // (_bytes_of_an_alpha(task, len(names)) * len(scales)))

    def under_all(split: RowSplit) -> BackendArray:
        parts = (penalties[:, n : n + n_at_once] for n in range(0, len(task.alphas), n_at_once))
        R = [correlations(kernels, part, patterns, split, backend) for part in parts]
        return backend.xp.concat(R, axis=2)

    inner = [
        _inner_scores(under_all((train[fold.train], train[fold.test])), backend)
        for fold in task.fold.inner
    ]
    curves = np.mean(inner, axis=0).round(DIGITS)
    R = _at_chosen(under_all((train, task.fold.outer.test)), curves, task, backend)
    order = list(sources)

    def score(n: int, m: int) -> PairScore:
        pair = (order[n], names[m])
        return score_pair(pair, lambda _: R[n, m], scales[n], task, curves[n, m])

    return [score(n, m) for n, m in np.ndindex(R.shape[:2])]


def correlations(
    kernels: BackendArray,
    penalties: BackendArray,
    patterns: BackendArray,
    split: RowSplit,
    backend: Backend,
) -> BackendArray:
    """Correlate predicted with true patterns, under every penalty.

    Parameters
    ----------
    kernels : array of float64, shape (n_sources, n_stimuli, n_stimuli)
    penalties : array of float64, shape (n_sources, n_alphas)
        Absolute, above 0.
    patterns : array of float64, shape (n_targets, n_stimuli, n_stimuli)
    split : tuple of ndarray of int64
        Rows that are fitted, and rows that are predicted.
    backend : Backend

    Returns
    -------
    array of float64, shape (n_sources, n_targets, n_alphas, n_predicted, n_predicted)
        As :func:`pipeline.alignment.kernel.correlations.correlate` gives it.
    """
    xp, (fitted, tested) = backend.xp, (backend.put(rows) for rows in split)
    H = hats(
        _cut(xp, kernels, fitted, fitted), _cut(xp, kernels, tested, fitted), penalties, backend
    )
    n_sources, n_alphas, n_tested, n_fitted = H.shape
    n_targets = patterns.shape[0]
    S = _cut(xp, patterns, fitted, fitted)  # (n_targets, n_fitted, n_fitted)
    shared = _cut(xp, patterns, fitted, tested)  # (n_targets, n_fitted, n_tested)
    rows = xp.reshape(H, (-1, n_fitted))  # a row for each source, alpha and tested stimulus
    weighted = xp.reshape(rows @ _side_by_side(xp, S), (-1, n_targets, n_fitted))
    squares = xp.sum(weighted * rows[:, None, :], axis=-1)  # h S hᵀ, (n_rows, n_targets)
    rounding = rounding_share(n_fitted) * xp.sum(xp.linalg.diagonal(S), axis=-1)
    noise = rounding * xp.sum(rows * rows, axis=-1, keepdims=True)
    lengths = xp.sqrt(xp.where(squares > noise, squares, xp.inf))
    true = xp.sqrt(xp.take(xp.linalg.diagonal(patterns), tested, axis=-1))
    R = xp.reshape(rows @ _side_by_side(xp, shared), (-1, n_targets, n_tested))
    R = R / lengths[..., None] / true
    by_row = xp.reshape(R, (n_sources, n_alphas, n_tested, n_targets, n_tested))
    return xp.permute_dims(by_row, (0, 3, 1, 2, 4))


def hats(
    gram: BackendArray, crossed: BackendArray, penalties: BackendArray, backend: Backend
) -> BackendArray:
    """Return ``K_test,train (K_train + penalty I)⁻¹``, from Cholesky factors where they are safe.

    Parameters
    ----------
    gram : array of float64, shape (n_sources, n_train, n_train)
        ``K_train``.
    crossed : array of float64, shape (n_sources, n_test, n_train)
        ``K_test,train``.
    penalties : array of float64, shape (n_sources, n_alphas)
    backend : Backend

    Returns
    -------
    array of float64, shape (n_sources, n_alphas, n_test, n_train)
    """
    xp = backend.xp
    # no eigenvalue is above the trace: a penalty that rounding of the largest exceeds helps nobody
    rounding = rounding_share(gram.shape[-1]) * xp.sum(xp.linalg.diagonal(gram), axis=-1)
    if bool(xp.all(penalties > 10 * rounding[:, None])):
        eye = xp.eye(gram.shape[-1], dtype=gram.dtype, device=backend.device)
        damped = gram[:, None] + penalties[..., None, None] * eye
        right = xp.matrix_transpose(crossed)[:, None]
        wide = xp.broadcast_to(right, (*penalties.shape, *right.shape[-2:]))
        return xp.matrix_transpose(backend.cholesky_solve(damped, wide))
    values, vectors = xp.linalg.eigh(gram)
    damping = 1 / (xp.clip(values, min=0.0)[:, None, :] + penalties[..., None])
    weights = (crossed @ vectors)[:, None] * damping[..., None, :]
    return weights @ xp.matrix_transpose(vectors)[:, None]


def _cut(
    xp: Any, matrices: BackendArray, rows: BackendArray, columns: BackendArray
) -> BackendArray:
    """Cut rows and columns out of matrices that lie side by side."""
    return xp.take(xp.take(matrices, rows, axis=-2), columns, axis=-1)


def _side_by_side(xp: Any, matrices: BackendArray) -> BackendArray:
    """Join (n_targets, n_rows, n_columns) to (n_rows, n_targets * n_columns): one product."""
    return xp.reshape(xp.permute_dims(matrices, (1, 0, 2)), (matrices.shape[1], -1))


def _inner_scores(R: BackendArray, backend: Backend) -> NDArray[np.float64]:
    """Give 2v2 accuracy and mean correlation, shape (n_sources, n_targets, 2, n_alphas)."""
    return backend.get(backend.xp.stack([two_vs_two(R), mean_correlation(R)], axis=2))


def _at_chosen(
    R: BackendArray, curves: NDArray[np.float64], task: FoldTask, backend: Backend
) -> NDArray[np.float64]:
    """Keep the correlations of the alpha that each pair chooses, shape (n, n_targets, m, m)."""
    n_sources, n_targets, n_alphas, n_tested = R.shape[:4]
    flat = [
        choose_alpha(task.alphas, curve[0], curve[1], task.objective).position + n * n_alphas
        for n, curve in enumerate(curves.reshape(-1, 2, n_alphas))
    ]
    every = backend.xp.reshape(R, (-1, n_tested, n_tested))
    chosen = backend.get(backend.xp.take(every, backend.put(np.array(flat)), axis=0))
    return chosen.reshape(n_sources, n_targets, n_tested, n_tested)
