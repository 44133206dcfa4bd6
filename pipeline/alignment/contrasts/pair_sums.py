"""2v2 of one fold summed over pairs of stimulus groups: what every later statistic needs.

A pair of test stimuli scores 1, ½ or 0. Summed over the pairs that two stimulus groups make, the
scores of a fold fill a few kB, and any set of groups can be left out, or weighted, without a fit.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.two_vs_two import TIE

#: With more groups than this, groups are dealt to this many blocks: pairs grow with the square.
MOST_GROUPS = 120
N_BLOCKS = 60
#: A fold's place in a table of scores, and the type of each column.
PLACE = {"direction": str, "roi": str, "layer": str, "fold": int}


@dataclass(frozen=True)
class PairSums:
    """Wins and pairs of one fold, for every pair of groups that it tests.

    Parameters
    ----------
    names : ndarray of str, shape (n_groups,)
    first, second : ndarray of int, shape (n_group_pairs,)
        Positions among the names; a group is paired with itself too where two of its stimuli
        are tested.
    wins : ndarray of float64, shape (n_group_pairs,)
        Sum over pairs of stimuli of 1 (won), ½ (tied) or 0.
    pairs : ndarray of int64, shape (n_group_pairs,)
        How many pairs of stimuli.
    """

    names: NDArray[np.str_]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    wins: NDArray[np.float64]
    pairs: NDArray[np.int64]


def sum_pairs(R: NDArray[np.float64], groups: NDArray[np.generic]) -> PairSums:
    """Sum the 2v2 of a fold over pairs of stimulus groups.

    Parameters
    ----------
    R : ndarray of float64, shape (n_test, n_test)
        Correlations of predicted (rows) with true patterns: see
        :func:`pipeline.alignment.two_vs_two.two_vs_two`, with which wins over pairs agree.
    groups : ndarray, shape (n_test,)
        Group, or block of groups, of each test stimulus.
    """
    gain = np.diagonal(R)[:, None] - R
    gain = gain + gain.T
    points = 0.5 + 0.5 * (gain > TIE) - 0.5 * (gain < -TIE)
    np.fill_diagonal(points, 0.0)
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    belongs = (member.reshape(-1, 1) == np.arange(len(names))).astype(np.float64)
    sizes = belongs.sum(axis=0)
    wins = belongs.T @ points @ belongs
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    # a pair within a group stands on both sides of the diagonal
    np.fill_diagonal(wins, np.diagonal(wins) / 2)
    np.fill_diagonal(pairs, np.diagonal(pairs) / 2)
    first, second = np.nonzero(np.triu(pairs))
    counted = pairs[first, second].astype(np.int64)
    return PairSums(names, first, second, wins[first, second], counted)


def blocks_of(groups: ArrayLike) -> NDArray[np.str_]:
    """Give the groups themselves, or the blocks that many groups are dealt to.

    Parameters
    ----------
    groups : array_like, shape (n_stimuli,)

    Returns
    -------
    ndarray of str, shape (n_stimuli,)
        With more than :data:`MOST_GROUPS` groups, one of :data:`N_BLOCKS` names. A group's block
        depends on its name alone, so it is the same for every subject and every model.
    """
    names = np.asarray(groups, dtype=str)
    unique, member = np.unique(names, return_inverse=True)
    if len(unique) <= MOST_GROUPS:
        return names
    blocks = [f"block{zlib.crc32(name.encode()) % N_BLOCKS:02d}" for name in unique]
    return np.array(blocks)[member.reshape(-1)]


def pair_table(places: Iterable[tuple[Sequence[object], PairSums]]) -> pd.DataFrame:
    """Put the sums of many folds in rows.

    Parameters
    ----------
    places : iterable of (sequence, PairSums)
        Direction, ROI, layer and fold, and the sums there.

    Returns
    -------
    DataFrame
        direction, roi, layer, fold, group_a, group_b, wins, pairs.
    """
    every = list(places)
    lengths = [len(sums.wins) for _, sums in every]
    columns: dict[str, NDArray[np.generic]] = {
        name: np.repeat(np.array([place[n] for place, _ in every], dtype=kind), lengths)
        for n, (name, kind) in enumerate(PLACE.items())
    }
    columns |= {
        "group_a": _joined([sums.names[sums.first] for _, sums in every], str),
        "group_b": _joined([sums.names[sums.second] for _, sums in every], str),
        "wins": _joined([sums.wins for _, sums in every], float),
        "pairs": _joined([sums.pairs for _, sums in every], int),
    }
    return pd.DataFrame(columns)


def _joined(arrays: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.array([], dtype=kind)


def pack(sums: pd.DataFrame) -> str:
    """Write a table of sums as one text, which an ``attrs`` of a table can hold.

    Tables copy their ``attrs`` in depth with every step; a text is not copied, and is written to
    parquet as it is.
    """
    return json.dumps({name: values.tolist() for name, values in sums.items()})


def unpack(text: str) -> pd.DataFrame:
    """Read what :func:`pack` wrote."""
    return pd.DataFrame(json.loads(text))


def sums_of_rows(sums: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Keep the sums of the cells that a table of scores holds, such as those of chosen layers.

    Parameters
    ----------
    sums : DataFrame
        From :func:`pair_table`.
    scores : DataFrame
        direction, roi, layer, fold.
    """
    cells = pd.DataFrame({name: scores[name] for name in PLACE})
    return sums.merge(cells, on=list(PLACE), validate="m:1")
