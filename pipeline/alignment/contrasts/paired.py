"""Two methods paired over subjects, trainings and stimulus groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.contrasts.group_scores import GroupScores
from pipeline.errors import AlignmentError, Problem


@dataclass(frozen=True)
class Paired:
    """Differences between two methods, and how much each stimulus group moves them.

    Parameters
    ----------
    seeds, subjects, groups : tuple of str
    difference : ndarray of float64, shape (n_seeds, n_subjects)
        First less second method.
    influence : ndarray of float64, shape (n_seeds, n_subjects, n_groups)
        Delete-group jackknife pseudo-values less their mean over the groups of a subject:
        ``(n - 1) (mean of all differences without a group - that without this one)``, n the
        subject's groups; NaN where a subject was not shown the group.
    tuned_in_folds : bool
        Whether versions belong to single folds, tuned on the training stimuli there.
    """

    seeds: tuple[str, ...]
    subjects: tuple[str, ...]
    groups: tuple[str, ...]
    difference: NDArray[np.float64]
    influence: NDArray[np.float64]
    tuned_in_folds: bool = False

    def subject_differences(self) -> NDArray[np.float64]:
        """Average over trainings, shape (n_subjects,)."""
        mean: NDArray[np.float64] = self.difference.mean(axis=0)
        return mean


def pair(first: GroupScores, second: GroupScores) -> Paired:
    """Pair two methods over the subjects, trainings and groups that both have.

    Parameters
    ----------
    first, second : GroupScores
        A method with a single training, as one that trains nothing, is paired with every
        training of the other.

    Raises
    ------
    AlignmentError
        No training or no subject in common.
    """
    seeds, rows = _common_seeds(first.seeds, second.seeds)
    subjects, columns = _common(first.subjects, second.subjects, "subjects")
    groups, places = _common(first.groups, second.groups, "stimulus groups")
    whole = [scores.whole[np.ix_(rows[n], columns[n])] for n, scores in enumerate((first, second))]
    without = [
        scores.without[np.ix_(rows[n], columns[n], places[n])]
        for n, scores in enumerate((first, second))
    ]
    left = without[0] - without[1]
    n_groups = np.count_nonzero(~np.isnan(left), axis=-1, keepdims=True)
    influence = (n_groups - 1) * (np.nanmean(left, axis=-1, keepdims=True) - left)
    return Paired(seeds, subjects, groups, whole[0] - whole[1], influence)


def mean_of(cells: Sequence[Paired]) -> Paired:
    """Average one contrast over cells that share subjects, such as ROIs and tasks.

    Parameters
    ----------
    cells : sequence of Paired
        Trainings and subjects that not all have are left out; a group that a subject was not
        shown in some cell moves that cell by nothing.

    Raises
    ------
    AlignmentError
        No training or no subject in all cells.
    """
    seeds = [s for s in cells[0].seeds if all(s in cell.seeds for cell in cells)]
    subjects = [u for u in cells[0].subjects if all(u in cell.subjects for cell in cells)]
    if not seeds or not subjects:
        raise AlignmentError(_nothing_common("trainings and subjects of all cells"))
    groups = sorted({g for cell in cells for g in cell.groups})
    difference = np.zeros((len(seeds), len(subjects)))
    influence = np.zeros((len(seeds), len(subjects), len(groups)))
    present = np.zeros(influence.shape, dtype=bool)
    for cell in cells:
        rows = [cell.seeds.index(s) for s in seeds]
        columns = [cell.subjects.index(u) for u in subjects]
        places = [groups.index(g) for g in cell.groups]
        difference += cell.difference[np.ix_(rows, columns)] / len(cells)
        own = cell.influence[np.ix_(rows, columns)]
        influence[..., places] += np.nan_to_num(own) / len(cells)
        present[..., places] |= ~np.isnan(own)
    influence[~present] = np.nan
    in_folds = any(cell.tuned_in_folds for cell in cells)
    return Paired(tuple(seeds), tuple(subjects), tuple(groups), difference, influence, in_folds)


def _common_seeds(
    first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[list[int], list[int]]]:
    if len(first) == 1:
        return second, ([0] * len(second), list(range(len(second))))
    if len(second) == 1:
        return first, (list(range(len(first))), [0] * len(first))
    return _common(first, second, "trainings")


def _common(
    first: tuple[str, ...], second: tuple[str, ...], what: str
) -> tuple[tuple[str, ...], tuple[list[int], list[int]]]:
    both = tuple(name for name in first if name in second)
    if not both:
        raise AlignmentError(_nothing_common(what))
    return both, ([first.index(n) for n in both], [second.index(n) for n in both])


def _nothing_common(what: str) -> Problem:
    return Problem(
        f"contrast: {what}",
        "some in common",
        "none",
        "Align both methods with the same brain dataset, in the same folds.",
    )
