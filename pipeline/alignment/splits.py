"""The ways in which stimuli are dealt to folds.

Each takes the group number of every stimulus, shape (n_stimuli,), numbered from 0 without gaps, the
number of folds and a generator, and returns the fold in which every stimulus is tested, of the same
shape. A fold may come out too small: :func:`make_folds` refuses it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.words import Split

Deal = Callable[[NDArray[np.int64], int, np.random.Generator], NDArray[np.int64]]


def deal_groups(
    labels: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal whole groups, the largest first and always to the fold that holds fewest stimuli."""
    sizes = np.bincount(labels)
    order = rng.permutation(len(sizes))
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    n_dealt = np.zeros(n_folds, dtype=np.int64)
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        fold = int(np.argmin(n_dealt))
        fold_of_group[group] = fold
        n_dealt[fold] += sizes[group]
    return fold_of_group[labels]


def deal_stimuli(
    labels: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal single stimuli, whatever their group."""
    dealt = np.empty(len(labels), dtype=np.int64)
    dealt[rng.permutation(len(labels))] = np.arange(len(labels)) % n_folds
    return dealt


def cut_blocks(
    labels: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Cut the order of presentation at the group boundaries nearest to blocks of equal length."""
    del rng  # the order of presentation leaves nothing to chance
    starts = np.flatnonzero(np.diff(labels)) + 1
    places = np.arange(1, n_folds) * len(labels) / n_folds
    cuts = starts[np.abs(starts[:, None] - places).argmin(axis=0)]
    return np.searchsorted(np.unique(cuts), np.arange(len(labels)), side="right").astype(np.int64)


def deal_each_group(
    labels: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give every group a fold of its own, in the order of the groups' names."""
    del n_folds, rng  # the groups decide how many folds there are, and nothing is left to chance
    return labels


DEALS: dict[Split, Deal] = {
    "grouped": deal_groups,
    "shuffled": deal_stimuli,
    "contiguous": cut_blocks,
    "leave-one-group-out": deal_each_group,
}
