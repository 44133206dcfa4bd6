"""Parts of the variance of a mean difference: of subjects, stimulus groups, both and trainings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.contrasts.paired import Paired

Values = TypeVar("Values", float, NDArray[np.float64])


@dataclass(frozen=True)
class Component:
    """A part of a variance, with the degrees of freedom that it rests on."""

    variance: float
    freedom: float


@dataclass(frozen=True)
class VarianceParts:
    """What subjects, stimulus groups, both together and trainings leave of variance in a mean."""

    subject: Component
    group: Component
    both: Component
    training: Component

    def __iter__(self) -> Iterator[Component]:
        """Give the parts in order."""
        return iter((self.subject, self.group, self.both, self.training))


def parts_of(paired: Paired, trained_on: float) -> VarianceParts:
    """Estimate the parts of the variance of a contrast's mean.

    Parameters
    ----------
    paired : Paired
    trained_on : float
        What training adds to the part of groups, as a share of it.
    """
    subject, group, both = crossed(paired)
    group = replace(group, variance=group.variance * (1 + trained_on))
    return VarianceParts(subject, group, both, training_component(paired.difference))


def variance_of(subject: Values, group: Values, both: Values, training: Values) -> Values:
    """Put parts together: never less than the larger of the first two, plus the last.

    Parameters
    ----------
    subject, group, both, training : float or ndarray
        One value each, or as many values of each.
    """
    larger = np.maximum(subject, group)
    together: Values = np.maximum(subject + group - both, larger) + training
    return together


def crossed(paired: Paired) -> tuple[Component, Component, Component]:
    """Say what subjects, stimulus groups and both together leave of variance in the mean.

    Returns
    -------
    tuple of Component
        With all groups shown to all subjects: the mean squares of subjects, groups and their
        interaction, each over ``n_subjects n_groups``. NaN where a single group tells nothing; of
        a single subject that of groups alone.
    """
    influence = paired.influence.mean(axis=0)
    n_subjects, n_groups = influence.shape
    if n_groups < 2:
        missing = Component(math.nan, math.nan)
        return missing, missing, missing
    own = np.count_nonzero(~np.isnan(influence), axis=1)[:, None]
    # how much a group moves the mean over subjects, through one of them
    moves = np.nan_to_num(influence) / own / n_subjects
    total = moves.sum(axis=0)
    n_present = np.maximum(1, np.count_nonzero(~np.isnan(influence), axis=0))
    apart = np.where(np.isnan(influence), 0.0, moves - total / n_present)
    freedom = n_subjects - 1, n_groups - 1
    groups = Component(float(n_groups / freedom[1] * (total**2).sum()), freedom[1])
    if n_subjects < 2:
        return Component(0.0, math.inf), groups, Component(0.0, math.inf)
    subjects = paired.subject_differences().var(ddof=1) / n_subjects
    return (
        Component(float(subjects), freedom[0]),
        groups,
        Component(
            float((apart**2).sum() * n_subjects * n_groups / (freedom[0] * freedom[1])),
            freedom[0] * freedom[1],
        ),
    )


def training_component(difference: NDArray[np.float64]) -> Component:
    """Say what trainings leave of variance in the mean; nothing is known of a single one.

    Parameters
    ----------
    difference : ndarray of float64, shape (n_seeds, n_subjects)
    """
    n_seeds = len(difference)
    if n_seeds < 2:
        return Component(0.0, math.inf)
    return Component(float(difference.mean(axis=1).var(ddof=1) / n_seeds), n_seeds - 1)
