"""Small ROIs among many stimuli are scored on the primal side, with the same scores."""

import numpy as np
import pandas as pd
import pytest
from noisy_columns import noisy_columns
from settings_with import replace

from pipeline.alignment import align
from pipeline.alignment.columns import VoxelColumns
from pipeline.alignment.primal.cost import FoldSizes
from pipeline.alignment.score_fold import primal_rois
from pipeline.errors import AlignmentError

GROUPS = np.arange(240) // 4


@pytest.fixture
def arrays(rng):
    noisy = noisy_columns(rng, 240, 5)
    features = {"h.0": noisy(16, 3.0), "h.1": noisy(24, 6.0)}
    voxels = noisy(1030, 5.0)
    responses = {
        "small": VoxelColumns(voxels, np.arange(0, 60, 2)),
        "large": VoxelColumns(voxels, np.arange(30, 1030)),
    }
    return features, responses


def test_the_smaller_side_is_chosen_for_each_roi(arrays):
    widest = max(x.shape[1] for x in arrays[0].values())
    assert list(primal_rois(FoldSizes(240, 180), widest, arrays[1])) == ["small"]


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
def test_scores_do_not_depend_on_the_side(arrays, settings, similarity, on_kernel_side):
    features, responses = arrays
    chosen = replace(settings, similarity=similarity)
    mixed = align(features, responses, GROUPS, chosen)
    with on_kernel_side():
        by_grams = align(features, responses, GROUPS, chosen)
    pd.testing.assert_frame_equal(mixed, by_grams, rtol=0, atol=1e-9)
    trials, expected = (pd.DataFrame(table.attrs["trials"]) for table in (mixed, by_grams))
    pd.testing.assert_frame_equal(trials, expected, rtol=0, atol=1e-9)
    assert set(mixed.roi) == {"small", "large"}


def test_a_constant_pattern_of_a_small_roi_is_refused(arrays, settings):
    features, responses = arrays
    one = {"one voxel": VoxelColumns(responses["small"].values, np.array([3]))}
    with pytest.raises(AlignmentError, match=r"fold 0, ROI one voxel: .*constant pattern"):
        align(features, one, GROUPS, settings)
    decoded = align(features, one, GROUPS, settings, directions=["decoding"])
    assert decoded.notna().all().all()
