"""Folds: the stimuli to train and to test on, and the audit that no group is on both sides.

Predictions of different folds are never pooled: within pooled folds a predictor that only knows
the mean of its training rows scores far below one half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError, Problem, refuse
from pipeline.words import Split


@dataclass(frozen=True)
class Fold:
    """One split of the stimuli.

    Parameters
    ----------
    train : ndarray of int, shape (n_train,)
        Rows that are fitted, ascending.
    test : ndarray of int, shape (n_test,)
        Rows that are predicted, ascending.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class NestedFold:
    """An outer fold and the inner folds that choose alpha inside its training rows.

    Parameters
    ----------
    outer : Fold
        Rows among all stimuli.
    inner : tuple of Fold
        Positions within ``outer.train``; a test stimulus of ``outer`` is in none of them.
    """

    outer: Fold
    inner: tuple[Fold, ...]


# Each way of dealing takes the group number of every stimulus, shape (n_stimuli,), numbered from 0
# without gaps, the number of folds and a generator, and gives the fold in which each is tested. A
# fold may come out too small: make_folds refuses it.
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


def make_folds(
    groups: ArrayLike, n_folds: int, split: Split, seed: int, where: str = "stimuli"
) -> tuple[Fold, ...]:
    """Deal stimuli to folds; every stimulus is tested exactly once.

    Parameters
    ----------
    groups : array_like, shape (n_stimuli,)
        Stimulus group of each stimulus.
    n_folds : int
        Not used by ``leave-one-group-out``, which makes as many folds as there are groups.
    split : {'grouped', 'shuffled', 'contiguous', 'leave-one-group-out'}
        ``grouped`` deals whole groups in seeded order, the largest first and always to the fold
        that holds fewest stimuli. ``shuffled`` deals single stimuli in seeded order and lets
        groups leak, as the seed paper does. ``contiguous`` cuts the order of presentation into
        blocks, at the boundaries between groups that are nearest to equal lengths.
        ``leave-one-group-out`` tests every group in a fold of its own, in the order of their names.
    seed : int
    where : str
        What is being split, for messages.

    Raises
    ------
    AlignmentError
        Fewer than two folds, fewer groups than folds (stimuli, when shuffled), a fold with fewer
        than two test stimuli, or a group on both sides of a split that is not ``shuffled``.

    Examples
    --------
    >>> passages = ["a", "a", "b", "b", "c", "c", "d", "d"]
    >>> for fold in make_folds(passages, n_folds=2, split="grouped", seed=0):
    ...     print([passages[row] for row in fold.test])
    ['b', 'b', 'c', 'c']
    ['a', 'a', 'd', 'd']
    """
    labels = _group_numbers(groups)
    if split == "leave-one-group-out":
        refuse(_lone_problems(labels, np.asarray(groups), where), AlignmentError)
        n_folds = int(labels.max()) + 1
    refuse(_count_problems(labels, n_folds, split, where), AlignmentError)
    dealt = DEALS[split](labels, n_folds, np.random.default_rng(seed))
    refuse(_size_problems(dealt, n_folds, where), AlignmentError)
    folds = tuple(
        Fold(np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold))
        for fold in range(n_folds)
    )
    audit_leaks(folds, groups, split)
    return folds


def nested_folds(groups: ArrayLike, settings: ScoreConfig) -> tuple[NestedFold, ...]:
    """Split stimuli into outer folds, and every training fold into inner folds.

    Inner folds are made as outer ones are, except that ``leave-one-group-out`` has ``grouped``
    inner folds: as many as there are groups would cost their square and choose no better alpha.

    Returns
    -------
    tuple of NestedFold
        All of them, or the one that the settings name.

    Raises
    ------
    AlignmentError
        Where :func:`make_folds` refuses, for the stimuli or for the rows of a training fold; or
        there is no fold of that number.
    """
    names = np.asarray(groups)
    within: Split = "grouped" if settings.split == "leave-one-group-out" else settings.split
    outer = make_folds(names, settings.folds, settings.split, settings.seed)
    refuse(_number_problems(settings.fold, len(outer)), AlignmentError)
    return tuple(
        NestedFold(
            fold,
            make_folds(
                names[fold.train],
                settings.inner_folds,
                within,
                settings.seed,
                where=f"inner folds within the training rows of fold {number}",
            ),
        )
        for number, fold in enumerate(outer)
        if settings.fold in (-1, number)
    )


def _number_problems(number: int, n_folds: int) -> Iterator[Problem]:
    if number >= n_folds:
        yield Problem("fold", f"one of {n_folds}, counted from 0", str(number), "Change fold.")


def audit_leaks(folds: tuple[Fold, ...], groups: ArrayLike, split: Split) -> None:
    """Refuse folds with a stimulus group on both sides, unless the split is ``shuffled``.

    Raises
    ------
    AlignmentError
        Naming, for each fold, the groups that are both trained on and tested.
    """
    if split == "shuffled":
        return
    names = np.asarray(groups)
    refuse(_leaks(folds, names), AlignmentError)


def _leaks(folds: tuple[Fold, ...], groups: NDArray[np.generic]) -> Iterator[Problem]:
    for number, fold in enumerate(folds):
        both = np.intersect1d(groups[fold.train], groups[fold.test])
        if len(both):
            yield Problem(
                f"fold {number}",
                "no stimulus group among both training and test stimuli",
                f"{_listed(both)} on both sides",
                "Use split 'grouped', or 'shuffled' to accept the leak as the seed paper does.",
            )


def _group_numbers(groups: ArrayLike) -> NDArray[np.int64]:
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64).reshape(-1)


def _lone_problems(
    labels: NDArray[np.int64], names: NDArray[np.generic], where: str
) -> Iterator[Problem]:
    """Name the groups that cannot be tested alone; one group alone is no split either."""
    sizes = np.bincount(labels)
    lone = np.unique(names)[sizes == 1]
    if len(lone):
        yield Problem(
            where,
            "at least 2 stimuli in every stimulus group, each being tested alone",
            f"{len(lone)} of {len(sizes)} groups with one stimulus: {_listed(lone)}",
            "Use split 'grouped', which tests several groups in a fold: 2v2 compares pairs of "
            "test stimuli.",
        )


def _listed(names: NDArray[np.generic]) -> str:
    named = ", ".join(str(name) for name in names[:5])
    return f"{named} and {len(names) - 5} more" if len(names) > 5 else named


def _count_problems(
    labels: NDArray[np.int64], n_folds: int, split: Split, where: str
) -> Iterator[Problem]:
    if n_folds < 2:
        yield Problem(where, "at least 2 folds", str(n_folds), "Ask for more folds.")
        return
    unit = "stimuli" if split == "shuffled" else "stimulus groups"
    n_units = len(labels) if split == "shuffled" else len(np.unique(labels))
    if n_units < n_folds:
        yield Problem(
            where,
            f"at least {n_folds} {unit} for {n_folds} folds",
            f"{n_units} {unit}",
            f"Ask for at most {n_units} folds, or give more {unit}.",
        )
    if len(labels) < 2 * n_folds:
        yield Problem(
            where,
            f"at least 2 test stimuli in each of {n_folds} folds",
            f"{len(labels)} stimuli",
            f"Ask for at most {len(labels) // 2} folds: 2v2 compares pairs of test stimuli.",
        )


def _size_problems(dealt: NDArray[np.int64], n_folds: int, where: str) -> Iterator[Problem]:
    for fold, size in enumerate(np.bincount(dealt, minlength=n_folds)):
        if size < 2:
            yield Problem(
                f"{where}, fold {fold}",
                "at least 2 test stimuli",
                str(size),
                "Ask for fewer folds: 2v2 compares pairs of test stimuli.",
            )
