"""The real subject's file is read upright and whole, or refused with the field named."""

from pathlib import Path

import numpy as np
import pytest
from brain_settings import brain_settings
from scipy.io import savemat

from pipeline.brains import BRAINS
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "digit69"
FILE = "digit69_28x28.mat"


def load(directory):
    return BRAINS["digit69"].load(brain_settings(directory))


def content(n_train=9, n_test=3, n_voxels=7):
    rng = np.random.default_rng(0)
    made = {}
    for part, n in (("Trn", n_train), ("Test", n_test)):
        made[f"fmri{part}"] = rng.normal(size=(n, n_voxels))
        made[f"stim{part}"] = rng.integers(0, 256, (n, 784), dtype=np.uint8)
        made[f"label{part}"] = np.ones((n, 1), dtype=np.uint8)
    return made


def write(directory, **changes):
    made = {**content(), **changes}
    savemat(directory / FILE, {name: v for name, v in made.items() if v is not None})
    return directory


def test_training_and_test_stimuli_become_one_dataset_in_order(tmp_path):
    data = load(write(tmp_path))
    made = content()
    assert data.stimuli.items.shape == (12, 28, 28, 3)
    assert data.rois == ("visual",)
    expected = np.concatenate([made["fmriTrn"], made["fmriTest"]]).astype(np.float32)
    np.testing.assert_array_equal(data.subjects["s1"].values, expected)
    assert not data.simulated


def test_pictures_are_turned_upright_from_the_column_order_of_matlab(tmp_path):
    picture = np.zeros((28, 28), dtype=np.uint8)
    picture[3:25, 14] = 255  # an upright stroke
    pictures = content()["stimTrn"]
    pictures[0] = picture.ravel(order="F")
    upright = load(write(tmp_path, stimTrn=pictures)).stimuli.items[0]
    np.testing.assert_array_equal(upright, np.repeat(picture[..., np.newaxis], 3, axis=2))


def test_near_identical_pictures_share_a_group_and_others_do_not(tmp_path):
    pictures = content()["stimTrn"]
    pictures[4] = np.clip(pictures[1].astype(int) + 3, 0, 255)
    groups = load(write(tmp_path, stimTrn=pictures)).stimuli.groups
    assert groups[1] == groups[4]
    assert len(set(groups)) == 11


def test_constant_voxels_are_left_out_and_counted(tmp_path):
    made = content()
    made["fmriTrn"][:, 2] = made["fmriTest"][:, 2] = 0.5
    data = load(write(tmp_path, **made))
    assert data.subjects["s1"].values.shape == (12, 6)
    assert "unusable voxels left out: s1 visual 1" in data.source


def test_nan_and_infinite_voxels_are_left_out_and_counted_or_refused_where_they_are_many(tmp_path):
    made = content()
    made["fmriTrn"][0, 0], made["fmriTest"][1, 4] = np.nan, np.inf
    data = load(write(tmp_path, **made))
    assert data.subjects["s1"].values.shape == (12, 5)
    assert data.subjects["s1"].left_out == {"visual": 2}
    made["fmriTrn"][0, :4] = np.nan
    with pytest.raises(DataError, match=r"ROI visual: expected at most 50%.*found 5 of 7"):
        load(write(tmp_path, **made))


def test_a_directory_is_needed(tmp_path):
    with pytest.raises(DataError, match="digit69: directory: expected a folder; found none given"):
        load(None)
    with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"digit69_28x28\.mat: expected this file; found no such"):
        load(tmp_path)


@pytest.mark.parametrize("n_bytes", [0, 1, 100, 127, 140, 500, 3000])
def test_a_file_cut_short_is_refused(tmp_path, n_bytes):
    path = write(tmp_path) / FILE
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(DataError, match=r"digit69_28x28\.mat"):
        load(tmp_path)


def test_damage_to_a_header_is_refused_and_never_ends_the_process(tmp_path):
    path = write(tmp_path) / FILE
    whole = path.read_bytes()
    for place in range(124, 200):
        spoiled = bytearray(whole)
        spoiled[place] ^= 0x7F
        path.write_bytes(spoiled)
        try:
            assert len(load(tmp_path).stimuli) == 12
        except DataError:
            continue


def test_another_file_under_this_name_is_refused(tmp_path):
    (tmp_path / FILE).write_text("<html>not found</html>" * 20)
    with pytest.raises(DataError, match="expected a MATLAB 5 file; found 128 first bytes"):
        load(tmp_path)


def test_missing_fields_are_named(tmp_path):
    write(tmp_path, stimTest=None)
    with pytest.raises(DataError, match="fields: expected fmriTrn, stimTrn, fmriTest, stimTest"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("stimTrn", np.zeros((9, 100), dtype=np.uint8), r"uint8 of shape \(9, 784\); found uint8"),
        ("stimTest", np.zeros((2, 784), dtype=np.uint8), r"expected uint8 of shape \(3, 784\)"),
        ("stimTrn", np.zeros((9, 784)), r"expected uint8 .*found float64"),
        ("fmriTest", np.zeros((3, 6)), "expected as many voxels as fmriTrn"),
        ("fmriTrn", "text", "expected an array of numbers; found char"),
        ("fmriTrn", np.zeros((0, 7)), "expected numbers of shape"),
    ],
)
def test_fields_of_another_shape_or_kind_are_named(tmp_path, field, value, message):
    with pytest.raises(DataError, match=f"{field}: .*{message}"):
        load(write(tmp_path, **{field: value}))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real file is not in ../shared/data/digit69")
class TestTheRealFile:
    def test_has_100_stimuli_and_3092_voxels_of_which_none_is_constant(self):
        data = load(REAL)
        assert len(data.stimuli) == 100
        assert data.subjects["s1"].values.shape == (100, 3092)
        assert "unusable voxels left out: none" in data.source

    def test_holds_no_two_near_identical_pictures(self):
        assert len(set(load(REAL).stimuli.groups)) == 100

    def test_shows_upright_digits(self):
        ink = load(REAL).stimuli.items[..., 0].astype(float).sum(axis=2)
        above, below = ink[:, 5:11].sum(axis=1), ink[:, 17:23].sum(axis=1)
        # The ring of a 6 is below, that of a 9 above; the first 45 are sixes, the next 45 nines.
        assert (below > above)[:45].mean() > 0.9
        assert (above > below)[45:90].mean() > 0.9
