"""The chance band of alignments without permutations, against simulated noise."""

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.contrasts.pair_sums import pair_table, sum_pairs
from pipeline.alignment.permutations.chance_band import chance_bands, chance_error
from pipeline.alignment.two_vs_two import two_vs_two


@pytest.mark.parametrize("n", [2, 3, 8, 20])
def test_the_error_is_that_of_gaussian_noise(rng, n):
    scores = two_vs_two(rng.standard_normal((20_000, n, n)))
    assert chance_error([n]) == pytest.approx(scores.std(), rel=0.03)


def test_folds_average_out():
    assert chance_error([6] * 4) == pytest.approx(chance_error([6]) / 2)


def band_of(R, labels):
    sums = pair_table([(("encoding", "V1", "h.0", fold), sum_pairs(R, labels)) for fold in (0, 1)])
    return chance_bands(sums.assign(subject="s1", split="grouped"))


def test_groups_are_counted_in_place_of_stimuli(rng):
    labels = np.repeat(list("abcdef"), 3)
    (band,) = band_of(rng.standard_normal((18, 18)), labels).itertuples()
    assert (band.split, band.direction, band.roi) == ("grouped", "encoding", "V1")
    assert band.high - 0.5 == pytest.approx(1.959964 * chance_error([6, 6]))
    assert band.low == pytest.approx(1 - band.high)


def test_the_subject_with_the_fewest_groups_decides_and_one_group_has_no_band(rng):
    few, many = (rng.standard_normal((n, n)) for n in (4, 8))
    tables = [
        pair_table(
            [(("encoding", "V1", "h.0", 0), sum_pairs(R, np.arange(len(R)).astype(str)))]
        ).assign(subject=name, split="grouped")
        for name, R in (("a", few), ("b", many))
    ]
    (band,) = chance_bands(pd.concat(tables)).itertuples()
    assert band.high == pytest.approx(min(1, 0.5 + 1.959964 * chance_error([4])))
    assert band_of(few, np.repeat("a", 4)).empty
