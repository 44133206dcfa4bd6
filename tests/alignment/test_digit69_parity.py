"""Real fMRI gives the same figures by the engine and by scikit-learn."""

from pathlib import Path

import numpy as np
import pytest
from brain_settings import brain_settings

from benchmarks.digit69_parity import compare_splits
from pipeline.brains import BRAINS
from pipeline.brains.near_identical import merged_groups

REAL = Path(__file__).parents[3] / "shared" / "data" / "digit69"
needs_data = pytest.mark.skipif(not REAL.is_dir(), reason="digit69 is not in ../shared/data")


@needs_data
@pytest.mark.slow
def test_pixels_score_the_same_by_both_paths_in_both_directions_and_splits():
    table = compare_splits(REAL, threshold=0.8, trials=3, n_folds=5)
    assert len(table) == 4
    assert (table["max |2v2 diff|"] < 1e-12).all()
    assert (table["max |r diff|"] < 1e-6).all()
    assert set(table["same alphas"]) == {"5 of 5"}
    assert (table["2v2 engine"] > 0.8).all()


@needs_data
def test_no_two_pictures_of_different_groups_look_alike():
    stimuli = BRAINS["digit69"].load(brain_settings(REAL)).stimuli
    groups = merged_groups(stimuli, 0.8)
    alike = np.corrcoef(stimuli.items[..., 0].reshape(100, -1).astype(float)) >= 0.8
    assert (groups[:, None] == groups)[alike].all()
    # 68 where pictures are compared as they are; shifted copies join further groups
    assert len(np.unique(groups)) == 54
