"""Maps and tests at chosen layers are those of single layers, put together fold by fold."""

import numpy as np
import pytest
from settings_with import replace

from pipeline.alignment import align, best_layers, make_folds
from pipeline.alignment.fits import chosen_maps
from pipeline.alignment.maps import map_voxels
from pipeline.alignment.primal.ridge import fit_smaller_side
from pipeline.errors import AlignmentError


@pytest.fixture
def scored(subject, groups, settings):
    features, responses = subject
    folds = make_folds(groups, settings.folds, settings.split, settings.seed)
    return features, responses, align(features, responses, groups, settings), folds


def of_cell(scores, direction, roi, layer=None):
    rows = scores[(scores.direction == direction) & (scores.roi == roi)]
    return rows if layer is None else rows[rows.layer == layer]


def test_maps_take_the_layer_and_alpha_of_each_fold(scored):
    features, responses, scores, folds = scored
    chosen = of_cell(best_layers(scores), "encoding", "language").reset_index(drop=True)
    mixed = chosen.assign(layer=["h.0", "h.1", "h.0", "h.1"])
    maps = chosen_maps(features, responses["language"], mixed, folds)
    for number, row in mixed.iterrows():
        hats = [fit_smaller_side(features[row.layer], fold).hat(row.alpha) for fold in folds]
        alone = map_voxels(hats, responses["language"], folds)
        np.testing.assert_array_equal(maps.r[number], alone.r[number])
        np.testing.assert_array_equal(maps.r2[number], alone.r2[number])


def test_maps_of_reduced_features_differ_and_are_full_at_full_rank(scored):
    features, responses, scores, folds = scored
    rows = of_cell(scores, "encoding", "vision", "h.0")
    full = chosen_maps(features, responses["vision"], rows, folds)
    same = chosen_maps(features, responses["vision"], rows, folds, 20)
    less = chosen_maps(features, responses["vision"], rows, folds, 3)
    np.testing.assert_allclose(same.r, full.r, atol=1e-9)
    assert np.abs(less.r - full.r).max() > 1e-3


def test_width_reduces_layers_on_both_sides_alike(subject, groups, settings, on_kernel_side):
    features, responses = subject
    narrow = replace(settings, width=4)
    chosen_side = align(features, responses, groups, narrow)
    with on_kernel_side():
        on_grams = align(features, responses, groups, narrow)
    np.testing.assert_allclose(on_grams.correlation, chosen_side.correlation, atol=1e-9)
    whole = align(features, responses, groups, settings)
    assert np.abs(whole.correlation - on_grams.correlation).max() > 1e-3
    with pytest.raises(AlignmentError, match=r"width of fold 0, layer h\.0: expected from 1 to 20"):
        align(features, responses, groups, replace(settings, width=30))
