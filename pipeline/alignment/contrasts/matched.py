"""Differences between methods at equal task score, by interpolation along their trainings.

A method that has learnt its task better may match the brain better for that reason alone. So each
method's brain scores along its training are taken where it first reaches a task score, between the
two steps on either side of it. Interpolated scores are sums of scores with fixed weights, so the
pseudo-values of :mod:`pipeline.alignment.contrasts.paired`, and with them the interval, are those
of the sums. The task scores themselves are taken as they were measured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.alignment.contrasts.compared_pairs import PRIMARY, Pairs, compared
from pipeline.alignment.contrasts.table import CONTRAST_KEY, STUDY_KEY, contrast_tables

#: Task scores at which methods are compared, evenly spread over what both reach.
N_LEVELS = 5
NOTHING_COMMON = "no task score that both methods reach"


@dataclass(frozen=True)
class Step:
    """A model on the way of a training.

    Parameters
    ----------
    score : float
        Its task score, on the validation split.
    sums : DataFrame
        Its sums over pairs of groups, as :func:`pipeline.alignment.contrasts.table.contrast_tables`
        takes them, but for the method.
    """

    score: float
    sums: pd.DataFrame


#: The steps of a training in order, by its seed.
Trainings = Mapping[str, Sequence[Step]]


def matched_contrasts(
    methods: Mapping[str, Trainings], prompts: Collection[str], margin: float, primary: Pairs
) -> pd.DataFrame:
    """Compare the methods of the primary family in one base, task and brain dataset.

    Parameters
    ----------
    methods : mapping of str to Trainings
    prompts : collection of str
        Methods that train prompts only.
    margin : float
        Differences within ± this count as none.
    primary : tuple of (str, str)
        As for :func:`pipeline.alignment.contrasts.table.compared`.

    Returns
    -------
    DataFrame
        A row for each contrast, direction and level: the columns of ``Contrasts.overall`` and
        level, the task score; the last of a contrast is the mean over levels, whose level is NaN.
        Where two methods share no task score, one row with a reason and no difference.
    """
    tables = []
    for family, first, second in compared(list(methods), prompts, primary):
        if family != PRIMARY:
            continue
        pair = {name: methods[name] for name in (first, second)}
        every = [steps for own in pair.values() for steps in own.values()]
        levels = common_levels([[step.score for step in steps] for steps in every])
        declared = ((first, second),)
        if not levels:
            tables.append(_nothing_common(pair, first, second))
            continue
        for level, weighed in [*((level, [level]) for level in levels), (np.nan, levels)]:
            sums = pd.concat(_sums_at(pair, weighed), ignore_index=True)
            overall = contrast_tables(sums, prompts, margin, declared).overall
            tables.append(overall[overall.family == PRIMARY].assign(level=level))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def common_levels(trainings: Sequence[Sequence[float]]) -> list[float]:
    """Spread levels over the task scores that all trainings reach; empty where there are none.

    From the highest of the first scores to the lowest of the best: never outside what was seen.

    Parameters
    ----------
    trainings : sequence of sequence of float
        The task scores of each, in the order of its steps.
    """
    low = max(scores[0] for scores in trainings)
    high = min(max(scores) for scores in trainings)
    if high <= low:
        return [low] if high == low else []
    return [float(level) for level in np.linspace(low, high, N_LEVELS)]


def weights_at(scores: Sequence[float], level: float) -> dict[int, float]:
    """Weigh the two steps between which a task score is first reached.

    Parameters
    ----------
    scores : sequence of float
        In the order of training.
    level : float
        Not below the first and not above the largest of them.

    Returns
    -------
    dict of int to float
        Weights by position; they sum to 1.
    """
    reached = next(n for n, score in enumerate(scores) if score >= level)
    if reached == 0:
        return {0: 1.0}
    before = scores[reached - 1]
    share = (level - before) / (scores[reached] - before)
    return {reached - 1: 1 - share, reached: share}


def _sums_at(methods: Mapping[str, Trainings], levels: Sequence[float]) -> Iterator[pd.DataFrame]:
    """Yield sums whose totals are those of the interpolated scores, mean over levels."""
    for method, trainings in methods.items():
        for seed, steps in trainings.items():
            for level in levels:
                for place, weight in weights_at([step.score for step in steps], level).items():
                    sums, share = steps[place].sums, weight / len(levels)
                    yield sums.assign(
                        wins=sums.wins * share, pairs=sums.pairs * share, method=method, seed=seed
                    )


def _nothing_common(methods: Mapping[str, Trainings], first: str, second: str) -> pd.DataFrame:
    """Say of each direction that there is no contrast, and why."""
    (steps, *_) = methods[first].values()
    places = steps[0].sums[list(STUDY_KEY)].drop_duplicates()
    names = dict(zip(CONTRAST_KEY, (f"{first} \u2212 {second}", first, second), strict=True))
    unknown = dict.fromkeys(("difference", "low", "high", "level"), np.nan)
    return places.assign(**names, family=PRIMARY, **unknown, reason=NOTHING_COMMON)
