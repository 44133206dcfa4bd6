"""A method's score for each subject and training, whole and without each stimulus group.

Deleting a group drops the pairs it takes part in, on both sides, which needs only sums over pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import AlignmentError, Problem


@dataclass(frozen=True)
class GroupScores:
    """2v2 accuracies of one method in one cell, every pair of stimuli counting the same.

    Parameters
    ----------
    seeds, subjects, groups : tuple of str
    whole : ndarray of float64, shape (n_seeds, n_subjects)
    without : ndarray of float64, shape (n_seeds, n_subjects, n_groups)
        Accuracy over the pairs that a group takes no part in; NaN where a subject was not shown
        the group.
    """

    seeds: tuple[str, ...]
    subjects: tuple[str, ...]
    groups: tuple[str, ...]
    whole: NDArray[np.float64]
    without: NDArray[np.float64]


def scores_of(sums: pd.DataFrame) -> GroupScores:
    """Score one method in one cell from its sums over pairs of groups, all folds together.

    Parameters
    ----------
    sums : DataFrame
        seed, subject, group_a, group_b, wins, pairs; several rows of one pair of groups, as of
        several folds or repeats, add up. Every training has the same subjects.

    Raises
    ------
    AlignmentError
        No rows, or a training that lacks a subject.
    """
    if sums.empty:
        remedy = "Give the rows of one method and cell."
        raise AlignmentError(Problem("sums over pairs", "at least one row", "none", remedy))
    seeds, of_seed = np.unique(sums.seed.astype(str), return_inverse=True)
    subjects, of_subject = np.unique(sums.subject.astype(str), return_inverse=True)
    names = np.concatenate([sums.group_a.astype(str), sums.group_b.astype(str)])
    groups, of_group = np.unique(names, return_inverse=True)
    first, second = np.split(of_group, 2)
    shape = len(seeds), len(subjects), len(groups)
    pair = np.stack([sums.wins.to_numpy(float), sums.pairs.to_numpy(float)])
    total = np.zeros((2, *shape[:2]))
    touched = np.zeros((2, *shape))
    for which, values in enumerate(pair):
        np.add.at(total[which], (of_seed, of_subject), values)
        np.add.at(touched[which], (of_seed, of_subject, first), values)
        other = first != second
        places = of_seed[other], of_subject[other], second[other]
        np.add.at(touched[which], places, values[other])
    if not total[1].all():
        expected = "every training scored with the same subjects"
        lacking = f"{np.count_nonzero(total[1] == 0)} combinations without a pair"
        remedy = "Align every training with the same brain dataset."
        raise AlignmentError(Problem("sums over pairs", expected, lacking, remedy))
    left = total[..., None] - touched
    has_pairs = (touched[1] > 0) & (left[1] > 0)
    without = np.divide(left[0], left[1], out=np.full(shape, np.nan), where=has_pairs)
    return GroupScores(
        tuple(map(str, seeds)),
        tuple(map(str, subjects)),
        tuple(map(str, groups)),
        total[0] / total[1],
        without,
    )
