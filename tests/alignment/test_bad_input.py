"""Inputs that cannot be aligned are refused with what to do; those that can never give NaN."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from settings_with import replace

from pipeline.alignment import align
from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError

SMALL = ScoreConfig(folds=2, inner_folds=2, trials=3, alpha_low=1e-6, alpha_high=1e6)
GROUPS = np.arange(12) // 2
# Few different values: constant columns, repeated rows and ties turn up all the time.
COARSE = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 3.0])
WILD = st.one_of(
    COARSE, st.floats(-1e149, 1e149), st.sampled_from([1e-300, 1e149, -1e149, 1e7 + 1])
)


def matrices(elements):
    return st.integers(1, 5).flatmap(lambda n: arrays(np.float64, (12, n), elements=elements))


@pytest.mark.parametrize("elements", [COARSE, WILD], ids=["coarse", "wild"])
@given(data=st.data())
@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_small_and_degenerate_arrays_are_refused_or_scored_but_never_nan(elements, data):
    X, Y = data.draw(matrices(elements)), data.draw(matrices(elements))
    chosen = replace(
        SMALL,
        split=data.draw(st.sampled_from(["grouped", "shuffled", "contiguous"])),
        similarity=data.draw(st.sampled_from(["pearson", "cosine"])),
        objective=data.draw(st.sampled_from(["two_vs_two", "correlation"])),
    )
    directions = data.draw(st.sampled_from([("encoding",), ("decoding",)]))
    with np.errstate(all="raise", under="ignore"):
        try:
            table = align({"h": X}, {"roi": Y}, GROUPS, chosen, directions=directions)
        except AlignmentError as refused:
            note(str(refused))
            return
    assert not table.isna().any(axis=None)
    assert table[["two_vs_two", "rank_accuracy", "two_vs_two_within"]].stack().between(0, 1).all()
    assert (table.correlation.abs() <= 1 + 1e-9).all()


def test_all_problems_of_the_input_are_told_at_once(subject, groups, settings):
    features, responses = subject
    responses["vision"][5, 7] = np.nan
    broken = {"h.0": features["h.0"][:40], "h.1": features["h.1"][:, :0]}
    message = (
        r"(?s)3 problems.*layer h.0: expected one row for each of 48.*\(40, 20\)"
        r".*layer h.1.*\(48, 0\).*ROI vision.*1 NaN, infinite or larger values.* row 5, column 7"
    )
    with pytest.raises(AlignmentError, match=message):
        align(broken, responses, groups, settings)


@pytest.mark.parametrize(
    ("side", "message"), [(0, "features: expected at least one"), (1, "responses: expected at lea")]
)
def test_nothing_to_align_is_refused(subject, groups, settings, side, message):
    sides = list(subject)
    sides[side] = {}
    with pytest.raises(AlignmentError, match=message):
        align(*sides, groups, settings)


def test_a_roi_of_one_voxel_is_refused(subject, groups, settings):
    features, responses = subject
    responses["language"] = responses["language"][:, :1]
    with pytest.raises(AlignmentError, match=r"fold 0, ROI language.*constant pattern.*43 more"):
        align(features, responses, groups, settings)


def test_a_layer_that_never_varies_is_refused(subject, groups, settings):
    features, responses = subject
    features["h.1"] = np.ones((48, 5))
    with pytest.raises(AlignmentError, match=r"features of layer h.1.*only constant columns"):
        align(features, responses, groups, settings)


def test_one_voxel_can_be_decoded_from(subject, groups, settings):
    """It has no pattern over voxels to compare, but predicts like any feature."""
    features, responses = subject
    one = {"voxel": responses["language"][:, :1]}
    table = align(features, one, groups, settings, directions=("decoding",))
    assert set(table.direction) == {"decoding"}
    assert not table.isna().any(axis=None)
    with pytest.raises(AlignmentError, match="or only predict from this array"):
        align(features, one, groups, settings, directions=("encoding",))


def test_one_feature_can_be_encoded_from(subject, groups, settings):
    features, responses = subject
    one = {"word length": features["h.0"][:, :1]}
    table = align(one, responses, groups, settings, directions=("encoding",))
    assert not table.isna().any(axis=None)


def test_one_direction_gives_its_rows_of_both(subject, groups, settings):
    both = align(*subject, groups, settings)
    for direction in ("encoding", "decoding"):
        one = align(*subject, groups, settings, directions=(direction,))
        expected = both[both.direction == direction].reset_index(drop=True)
        np.testing.assert_array_equal(one.to_numpy(), expected.to_numpy())


def test_fewer_groups_than_folds_are_refused(subject, settings):
    with pytest.raises(AlignmentError, match=r"at least 4 stimulus groups for 4 folds; found 3"):
        align(*subject, np.arange(48) // 16, settings)


def test_folds_of_one_stimulus_are_refused(subject, settings):
    with pytest.raises(AlignmentError, match="2v2 compares pairs of test stimuli"):
        align(*subject, np.arange(48), replace(settings, folds=30, split="shuffled"))


def test_an_unknown_direction_is_refused(subject, groups, settings):
    with pytest.raises(AlignmentError, match=r"directions.*Did you mean 'encoding'"):
        align(*subject, groups, settings, directions=("encode",))


def test_values_whose_squares_overflow_are_refused(subject, groups, settings):
    features, responses = subject
    features["h.0"][3, 4] = 1e200
    with pytest.raises(AlignmentError, match=r"below 1e\+150.*the first in row 3, column 4"):
        align(features, responses, groups, settings)


def test_duplicated_and_collinear_columns_are_scored(subject, groups, settings):
    features, responses = subject
    x = features["h.0"]
    features["h.0"] = np.hstack([x, x, x @ np.ones((20, 3)), np.ones((48, 1))])
    table = align(features, responses, groups, settings)
    assert not table.isna().any(axis=None)
