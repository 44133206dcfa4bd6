"""Ceilings of single voxels: halves of repeats that agree, over the stimuli that may be seen."""

import numpy as np
import pytest

from pipeline.alignment.ceilings.voxels import voxel_ceilings


def test_a_ceiling_is_the_correlation_of_halves_stepped_up_to_all_repeats():
    repeats = np.random.default_rng(0).standard_normal((4, 30, 2))
    halves = [(repeats[n] + repeats[n + 2])[:, 1] for n in (0, 1)]
    r = np.corrcoef(halves)[0, 1]
    assert voxel_ceilings(repeats)[1] == pytest.approx(2 * r / (1 + r))


def test_repeats_that_agree_have_a_ceiling_of_1():
    signal = np.random.default_rng(1).standard_normal((10, 3))
    np.testing.assert_allclose(voxel_ceilings(np.stack([signal, 2 * signal])), 1)


@pytest.mark.parametrize("shape", [(1, 20, 4), (3, 2, 4)])
def test_too_few_repeats_or_stimuli_say_nothing(shape):
    assert np.isnan(voxel_ceilings(np.ones(shape))).all()


def test_a_half_that_does_not_vary_says_nothing():
    assert np.isnan(voxel_ceilings(np.zeros((2, 10, 1)))).all()
