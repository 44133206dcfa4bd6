"""False positives and coverage of the intervals of simulated studies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.contrasts.estimate import Estimate, estimate
from pipeline.alignment.contrasts.matched import common_levels, weights_at
from pipeline.alignment.contrasts.paired import Paired
from studies.calibration.simulate import KeptSums
from studies.calibration.world import MODELS, World, validation_scores

LEVEL = 0.05


@dataclass(frozen=True)
class Coverage:
    """How one contrast fared in the simulated studies of a world.

    Parameters
    ----------
    n_studies, n_subjects : int
    difference : float
        Mean over studies; of the null contrast the truth is 0.
    covered : float
        Share of the 95 % intervals that hold the truth.
    positives : float
        Share of the studies with p < .05: false ones of the null contrast, found ones of the
        other.
    half_width : float
        Mean half width of the intervals.
    """

    n_studies: int
    n_subjects: int
    difference: float
    covered: float
    positives: float
    half_width: float


def compared(
    world: World, studies: Iterable[KeptSums], second: str, n_examples: int = 0
) -> list[Paired]:
    """Compare the first model with another one in every study.

    On the way of a training they are compared at equal validation score, as a report does it.

    Parameters
    ----------
    world : World
    studies : iterable of KeptSums
    second : str
        In MODELS.
    n_examples : int
        That validation scores are measured on; 0: they are known.
    """
    return [_paired(world, study, second, n_examples) for study in studies]


def coverage(world: World, pairs: Sequence[Paired], second: str, n_subjects: int) -> Coverage:
    """Count how often intervals of some subjects hold the truth.

    Parameters
    ----------
    world : World
    pairs : sequence of Paired
        From :func:`compared`.
    second : str
        In MODELS: 'second' knows equally much, so the truth is 0; the truth of 'worse' is the
        mean over all studies and all nine subjects.
    n_subjects : int
        The first of the nine; where they are the same people in every study each of the nine by
        itself, whose truth is its mean over all studies.
    """
    if world.same_people:
        return _coverage_of_each(pairs)
    truth = 0.0 if second == "second" else float(np.mean([p.difference for p in pairs]))
    estimates = [estimate(_of(paired, range(n_subjects))) for paired in pairs]
    covered = [_holds(e, truth) for e in estimates]
    positives = [e.p() < LEVEL for e in estimates]
    return _counted(estimates, covered, positives, len(pairs))


def _coverage_of_each(pairs: Sequence[Paired]) -> Coverage:
    """Count over subjects, each by itself; a false positive is an interval without the truth."""
    truths = np.mean([paired.difference.mean(axis=0) for paired in pairs], axis=0)
    each = [
        (estimate(_of(paired, [number])), float(truth))
        for paired in pairs
        for number, truth in enumerate(truths)
    ]
    covered = [_holds(one, truth) for one, truth in each]
    return _counted([one for one, _ in each], covered, [not c for c in covered], len(pairs))


def _holds(one: Estimate, truth: float) -> bool:
    low, high = one.interval()
    return low <= truth <= high


def _counted(
    estimates: Sequence[Estimate],
    covered: Sequence[bool],
    positives: Sequence[bool],
    n_studies: int,
) -> Coverage:
    intervals = np.array([one.interval() for one in estimates])
    return Coverage(
        n_studies,
        estimates[0].n_subjects,
        float(np.mean([one.difference for one in estimates])),
        float(np.mean(covered)),
        float(np.mean(positives)),
        float(np.mean(intervals[:, 1] - intervals[:, 0]) / 2),
    )


def _paired(world: World, study: KeptSums, second: str, n_examples: int) -> Paired:
    """Pair the first model with another: what a study's tables give, from whole arrays."""
    places = [MODELS.index("first"), MODELS.index(second)]
    wins, pairs = study.wins[places].astype(np.float64), study.pairs.astype(np.float64)
    if world.on_the_way:
        scores = [validation_scores(MODELS[n], n_examples, study.seed) for n in places]
        wins = np.einsum("ms,ms...->m...", _weights(scores), wins)[:, None]
    whole = wins.sum(axis=(-2, -1)) / pairs.sum()
    without = (wins.sum(axis=(-2, -1))[..., None] - _touching(wins)) / (
        pairs.sum() - _touching(pairs)
    )
    left = without[0] - without[1]
    influence = (world.n_groups - 1) * (left.mean(axis=-1, keepdims=True) - left)
    n_seeds, n_subjects = whole.shape[1:]
    return Paired(
        tuple(map(str, range(n_seeds))),
        tuple(map(str, range(n_subjects))),
        tuple(dict.fromkeys(world.groups.tolist())),
        whole[0] - whole[1],
        influence,
        world.tuned_in_folds,
    )


def _weights(scores: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Weigh the steps of each training, so that their sums are those at equal score."""
    levels = common_levels(scores)
    weights = np.zeros((len(scores), len(scores[0])))
    for own, training in zip(weights, scores, strict=True):
        for level in levels:
            for step, weight in weights_at(training, level).items():
                own[step] += weight / len(levels)
    return weights


def _touching(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum, for each group, over the pairs of groups that it takes part in."""
    rows_and_columns = sums.sum(axis=-1) + sums.sum(axis=-2)
    touching: NDArray[np.float64] = rows_and_columns - np.diagonal(sums, axis1=-2, axis2=-1)
    return touching


def _of(paired: Paired, numbers: Sequence[int]) -> Paired:
    """Select some subjects."""
    places = list(numbers)
    return replace(
        paired,
        subjects=tuple(paired.subjects[number] for number in places),
        difference=paired.difference[:, places],
        influence=paired.influence[:, places],
    )
