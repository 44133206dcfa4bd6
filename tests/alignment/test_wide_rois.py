"""ROIs that no memory holds, scored by sums over voxels, against Gram matrices of all folds."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from noisy_columns import noisy_columns
from settings_with import replace

from pipeline.alignment import VoxelColumns, align, columns, encode
from pipeline.alignment.primal import curves, wide_rois
from pipeline.errors import AlignmentError

N = 120
GROUPS = np.arange(N) // 4


@pytest.fixture
def sides():
    noisy = noisy_columns(np.random.default_rng(3), N, 4)
    features = {"h.0": noisy(10, 4.0), "h.1": noisy(30, 8.0)}
    rois = {"V1": noisy(300, 9.0), "V2": noisy(170, 30.0)}
    return features, rois


@pytest.fixture
def no_room(monkeypatch):
    """Leave no room for matrices, and read few voxels at a time."""

    def leave_none():
        monkeypatch.setattr(wide_rois, "MOST_BYTES", 0)
        monkeypatch.setattr(columns, "READ_BYTES", 4 * N * 64)
        monkeypatch.setattr(columns, "ROW_BYTES", 4)
        monkeypatch.setattr(columns, "BLOCK_BYTES", 8 * N * 4)

    return leave_none


@pytest.mark.parametrize("similarity", ["pearson", "cosine"])
@pytest.mark.parametrize("single_from", [0, N], ids=["float32 first", "float64"])
def test_sums_give_the_table_of_gram_matrices(
    sides, settings, similarity, single_from, no_room, monkeypatch
):
    monkeypatch.setattr(curves, "SINGLE_FROM", single_from)
    settings = replace(settings, similarity=similarity)
    expected = align(*sides, GROUPS, settings)
    no_room()
    table = align(*sides, GROUPS, settings)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-8, atol=1e-8)
    for key in ("pair_sums", "trials"):
        assert len(table.attrs[key]) == len(expected.attrs[key])


def test_voxels_of_fewer_dimensions_than_stimuli_decode_as_on_the_kernel_side(
    sides, settings, no_room
):
    features, rois = sides
    mixed = rois["V1"][:, :20] @ np.random.default_rng(5).standard_normal((20, 200))
    expected = align(features, {"V1": mixed}, GROUPS, settings, directions=["decoding"])
    no_room()
    table = align(features, {"V1": mixed}, GROUPS, settings, directions=["decoding"])
    pd.testing.assert_frame_equal(table, expected, rtol=1e-8, atol=1e-8)


def test_decoding_from_a_large_roi_holds_less_than_three_matrices_over_stimuli(
    sides, settings, no_room
):
    n = 1200
    noisy = noisy_columns(np.random.default_rng(4), n, 4)
    features, rois = {"h.0": noisy(10, 4.0)}, {"V1": noisy(5000, 9.0).astype(np.float32)}
    settings = replace(settings, folds=2, inner_folds=4, trials=2)
    no_room()
    align(*sides, GROUPS, settings, directions=["decoding"])  # imports what is imported late
    tracemalloc.start()
    align(features, rois, np.arange(n) // 4, settings, directions=["decoding"])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * 8 * n**2


def test_voxels_that_never_vary_decode_nothing(sides, settings, no_room):
    no_room()
    with pytest.raises(AlignmentError, match=r"ROI V1.*only constant columns"):
        align(sides[0], {"V1": np.ones((N, 200))}, GROUPS, settings, directions=["decoding"])


def test_bands_are_encoded_by_sums_too(sides, settings, no_room):
    features, rois = sides
    beside = {name: (features["h.0"], x) for name, x in features.items()}
    expected = encode(beside, rois, GROUPS, settings)
    no_room()
    table = encode(beside, rois, GROUPS, settings)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-8, atol=1e-8)


def test_a_strong_signal_that_all_voxels_share_costs_no_digits(sides, settings, no_room):
    features, rois = sides
    common = 1e4 * np.random.default_rng(1).standard_normal((N, 1))
    shifted = {roi: values + common for roi, values in rois.items()}
    expected = align(features, shifted, GROUPS, settings, directions=["encoding"])
    no_room()
    table = align(features, shifted, GROUPS, settings, directions=["encoding"])
    np.testing.assert_allclose(table.correlation, expected.correlation, atol=1e-6)


def test_mapped_voxels_are_read_as_those_in_memory(sides, settings, no_room, tmp_path):
    features, rois = sides
    np.save(tmp_path / "voxels.npy", rois["V1"].astype(np.float32))
    no_room()
    mapped = np.load(tmp_path / "voxels.npy", mmap_mode="r")
    views = [VoxelColumns(mapped, np.arange(300)), np.array(mapped)]
    tables = [
        align(features, {"V1": view}, GROUPS, settings, directions=["encoding"]) for view in views
    ]
    pd.testing.assert_frame_equal(*tables)


def test_a_constant_pattern_is_refused_by_stimulus_and_roi(sides, settings, no_room):
    features, rois = sides
    no_room()
    alone = {"V1": rois["V1"][:, :1]}
    with pytest.raises(AlignmentError, match=r"ROI V1.*constant pattern"):
        align(features, alone, GROUPS, settings, directions=["encoding"])


def test_features_as_many_as_stimuli_stay_on_the_kernel_side(sides, settings, no_room, monkeypatch):
    monkeypatch.setattr(wide_rois, "sum_voxels", None)  # is not called
    no_room()
    features = {"h.0": np.random.default_rng(0).standard_normal((N, 60))}
    assert len(align(features, sides[1], GROUPS, settings, directions=["encoding"]))
