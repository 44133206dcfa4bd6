"""The bare matrix products that the engine cannot avoid: same shapes, same float64, same threads.

No decomposition, no z-scoring, no scoring, no copies: operands are random and ready in memory. A
sample of each product is timed on all threads at once and multiplied by how often it occurs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.align_data import Sizes
from benchmarks.clock import timed
from pipeline.alignment.threads import Map, workers

Array = NDArray[np.float64]
SAMPLE = 24
COLUMNS_AT_ONCE = 836


def floor_seconds(sizes: Sizes, n_voxels: int, n_rois: int, n_directions: int) -> float:
    """Add up the products of one model and one subject, in seconds.

    Parameters
    ----------
    sizes : Sizes
    n_voxels : int
        Of all ROIs together.
    n_rois, n_directions : int
    """
    rng = np.random.default_rng(0)
    train = round(sizes.stimuli * (1 - 1 / sizes.folds))
    test, fitted = sizes.stimuli - train, round(train * (1 - 1 / sizes.inner))
    pairs = sizes.layers * n_rois * n_directions * sizes.folds
    columns = n_voxels + sizes.layers * sizes.features
    gram = partial(_gram, rng.standard_normal((sizes.stimuli, COLUMNS_AT_ONCE)))
    inner = partial(_inner, *_inner_operands(rng, fitted, train - fitted, sizes.alphas))
    outer = partial(_outer, rng.standard_normal((test, train)), rng.standard_normal((train,) * 2))
    with workers() as in_parallel:
        return (
            _each(gram, in_parallel) * sizes.folds * columns / COLUMNS_AT_ONCE
            + _each(inner, in_parallel) * sizes.inner * pairs
            + _each(outer, in_parallel) * pairs
        )


def _inner_operands(
    rng: np.random.Generator, n_train: int, held_out: int, n_alphas: int
) -> tuple[Array, Array, Array]:
    square = rng.standard_normal((n_train, n_train))
    return (
        square,
        rng.standard_normal((n_train, held_out)),
        rng.standard_normal((n_alphas, held_out, n_train)),
    )


def _gram(block: Array) -> None:
    block @ block.T  # numpy sees that it is symmetric and does half the work


def _inner(square: Array, narrow: Array, weights: Array) -> None:
    """Rotate and square a target, project it, and cross it with every alpha's predictions.

    The rotation multiplies by a triangle: half a product of two squares.
    """
    half = len(square) // 2
    square[:, :half] @ square[:half]
    square @ square.T
    narrow.T @ square
    weights @ (square.T @ narrow)


def _outer(hat: Array, square: Array) -> None:
    hat @ square  # the hat matrix under the chosen alpha
    hat @ square  # squared lengths of its predictions
    hat @ square[:, : len(hat)]


def _each(product: Callable[[], None], in_parallel: Map) -> float:
    """Seconds of one product when all threads are busy with such, best of three samples."""
    samples = [
        timed(lambda: list(in_parallel(lambda _: product(), range(SAMPLE)))) for _ in range(3)
    ]
    return min(seconds.wall for _, seconds in samples) / SAMPLE
