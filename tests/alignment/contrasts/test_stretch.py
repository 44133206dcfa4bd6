"""Intervals are as wide as the statistic's own distribution asks, which few subjects show least."""

import numpy as np
import pytest
from scipy import stats

from pipeline.alignment.contrasts.components import Component, VarianceParts, variance_of
from pipeline.alignment.contrasts.estimate import TRAINED_ON, estimate
from pipeline.alignment.contrasts.paired import Paired
from pipeline.alignment.contrasts.stretch import SUBJECTS_DRAWN, stretch

NONE = Component(0.0, np.inf)


def estimates(rng, of_subjects, of_groups, n_groups=72, n_studies=500):
    """Estimate a mean of normal numbers whose truth is 0, of three subjects."""
    names = ("s",), tuple("abc"), tuple(map(str, range(n_groups)))
    for _ in range(n_studies):
        table = rng.standard_normal((1, 3, n_groups))
        table += of_groups * rng.standard_normal((1, 1, n_groups))
        table += of_subjects * rng.standard_normal((1, 3, 1))
        mean = table.mean(axis=-1)
        yield estimate(Paired(*names, mean, table - mean[..., None]))


def coverage(some):
    return np.mean([low <= 0 <= high for low, high in (one.interval() for one in some)])


def test_where_all_is_noise_of_single_responses_intervals_are_narrower_and_hold(rng):
    some = list(estimates(rng, of_subjects=0.0, of_groups=0.0))
    reach = np.array([one.interval()[1] - one.difference for one in some])
    assert reach.mean() < 0.9 * (reach / [one.stretch for one in some]).mean()
    assert 0.93 <= coverage(some) <= 0.985


def test_intervals_nearly_hold_where_three_subjects_differ_much(rng):
    some = list(estimates(rng, of_subjects=1.0, of_groups=1.0))
    assert 0.89 <= coverage(some) <= 0.96
    t_alone = [abs(one.difference) <= stats.t.ppf(0.975, one.freedom) * one.variance**0.5
               for one in some]  # fmt: skip
    assert coverage(some) == pytest.approx(np.mean(t_alone), abs=0.015)


def test_where_one_part_is_all_there_is_the_interval_is_that_of_t():
    alone = Component(2.0, 3)
    assert stretch(VarianceParts(alone, NONE, NONE, NONE), 3) == 1
    assert stretch(VarianceParts(NONE, alone, Component(1e-12, 6), NONE), 3) == 1


def test_the_stretch_is_what_simulated_statistics_need(rng):
    """The quantile of |mean| / error of many drawn studies, by that of t."""
    subject, group, both = Component(0.5, 2), Component(1 + TRAINED_ON, 23), Component(0.4, 46)
    training = Component(0.3, 4)
    parts, freedom = VarianceParts(subject, group, both, training), 9.0
    supposed = SUBJECTS_DRAWN * subject.variance, group.variance, both.variance, training.variance
    drawn = [
        variance * rng.chisquare(part.freedom, 200_000) / part.freedom
        for variance, part in zip(supposed, parts, strict=True)
    ]
    true = supposed[0] + supposed[1] - supposed[2] + supposed[3]
    statistic = np.abs(rng.standard_normal(200_000)) * np.sqrt(true / variance_of(*drawn))
    needed = np.quantile(statistic, 0.95) / stats.t.ppf(0.975, freedom)
    assert stretch(parts, freedom) == pytest.approx(needed, rel=0.02)
