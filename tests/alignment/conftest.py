"""One small subject that all tests of alignment share."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest
from noisy_columns import noisy_columns

from pipeline.config import ScoreConfig

N_STIMULI = 48


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def groups():
    return np.repeat([f"passage {number}" for number in range(12)], 4)


@pytest.fixture
def subject(rng):
    """Two layers and two ROIs that share a signal of five dimensions."""
    noisy = noisy_columns(rng, N_STIMULI, 5)
    features = {"h.0": noisy(20, 3.0), "h.1": noisy(70, 2.0)}
    responses = {"language": noisy(30, 3.0), "vision": noisy(90, 4.0)}
    return features, responses


@pytest.fixture
def settings():
    return ScoreConfig(folds=4, inner_folds=3, trials=8, seed=3)


@pytest.fixture
def on_kernel_side():
    """Score small ROIs too by matrices over stimuli, for as long as a block lasts."""

    @contextmanager
    def force():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["pipeline.alignment.align"], "primal_rois", lambda *_: {})
            yield

    return force
