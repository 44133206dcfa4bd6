"""Exchanges of stimuli that cut the link between features and responses and leave all others."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import AlignmentError, Problem, refuse


def draw_permutations(groups: ArrayLike, n_permutations: int, seed: int) -> NDArray[np.int64]:
    """Draw ways to exchange stimuli that leave all dependence within a stimulus group in place.

    Parameters
    ----------
    groups : array_like, shape (n_stimuli,)
        Stimulus group of each stimulus. Whole groups are exchanged among groups of equal size,
        the stimuli within a group keeping their order.
    n_permutations : int
        At least 1. Drawn independently, so one may come twice, and so may the observed order.
    seed : int

    Returns
    -------
    ndarray of int64, shape (n_permutations, n_stimuli)
        ``[n, i]`` is the row that takes the place of row i.

    Raises
    ------
    AlignmentError
        No permutation is asked for, stimuli can only stay as they are, or there are fewer
        distinct exchanges than permutations asked for; says how many there are.

    Notes
    -----
    Groups stay whole in shuffled folds too, which split them: what the stimuli of a group share
    then passes from training to test stimuli without any link between features and responses.
    Exchanged whole, the permutations score as high by that leak as the observed order does. Single
    stimuli exchanged, 60 of 60 simulated subjects without a link had p <= .05, whole groups, 5.

    For the same reason stimulus groups have to be as wide as what stimuli share: where passages of
    one topic share noise in features and in responses, exchanging passages calls unrelated data
    related far too often, and exchanging topics does not (a slow test measures both).
    """
    refuse(exchange_problems(groups, n_permutations), AlignmentError)
    return exchange_groups(groups, n_permutations, seed)


def exchange_groups(groups: ArrayLike, n_permutations: int, seed: int) -> NDArray[np.int64]:
    """Draw exchanges of whole groups, as :func:`draw_permutations`, however few there are.

    Parameters and returned values as for :func:`draw_permutations`. Where stimuli can only stay
    as they are, every exchange is the observed order.
    """
    buckets = _buckets(groups)
    n_stimuli = sum(rows.size for rows in buckets)
    permutations = np.tile(np.arange(n_stimuli), (n_permutations, 1))
    rng = np.random.default_rng(seed)
    for rows in buckets:
        places = np.tile(np.arange(len(rows)), (n_permutations, 1))
        drawn = rows[rng.permuted(places, axis=1)]
        permutations[:, rows.reshape(-1)] = drawn.reshape(n_permutations, -1)
    return permutations


def _count(buckets: list[NDArray[np.int64]]) -> int:
    return math.prod(math.factorial(len(rows)) for rows in buckets)


def _buckets(groups: ArrayLike) -> list[NDArray[np.int64]]:
    """Rows of all groups of one size, one array (n_groups, size) for each size."""
    labels = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(labels)
    by_group = np.argsort(labels, kind="stable")
    starts = np.cumsum(sizes) - sizes
    return [by_group[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes)]


def exchange_problems(
    groups: ArrayLike, n_permutations: int, where: str = "permutations"
) -> Iterator[Problem]:
    """Say why stimuli cannot be exchanged that often.

    Parameters
    ----------
    groups : array_like, shape (n_stimuli,)
    n_permutations : int
    where : str
        Whose permutations they are, for messages.
    """
    buckets = _buckets(groups)
    distinct = _count(buckets)
    if distinct < max(2, n_permutations):
        sizes = ", ".join(f"{len(rows)} of {rows.shape[1]}" for rows in buckets[:8])
        more = ", …" if len(buckets) > 8 else ""
        remedy = f"Ask for at most {distinct}, or form groups of equal size."
        if distinct == 1:
            remedy = "Form groups of equal size."
        yield Problem(
            where,
            f"at least {max(2, n_permutations)} distinct ways to exchange stimulus groups of equal "
            "size",
            f"{distinct} distinct (groups by number of stimuli: {sizes}{more})",
            remedy,
        )
