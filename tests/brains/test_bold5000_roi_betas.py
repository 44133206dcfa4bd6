"""Release 2.0 as arrays of regions: what most public code reads is read exactly, or refused."""

import numpy as np
import pytest
from bold5000_files import KEYS, TRIALS, VOXELS, bare, regions, write_images, write_rois
from bold5000_files import load as load_rois
from bold5000_files import write_list as write_first_list
from brain_settings import brain_settings

from pipeline.brains.bold5000 import load_bold5000_betas
from pipeline.errors import DataError

NAME = "{}_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_allses_{}.npy"


def write_arrays(root, folder="BOLD5000_GLMsingle_ROI_betas/py", subject="CSI1", order="C"):
    arrays = regions(len(TRIALS[subject]), VOXELS, seed=3)
    write_images(root, {bare(name) for name in TRIALS[subject]})
    (root / folder).mkdir(parents=True, exist_ok=True)
    for key, values in arrays.items():
        np.save(root / folder / NAME.format(subject, key), np.asarray(values, order=order))
    return arrays


def write_list(root, place="Stimuli_Presentation_Lists/CSI1/CSI1_imgnames.txt", subject="CSI1"):
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(TRIALS[subject]))


def load(root, **changes):
    return load_bold5000_betas(brain_settings(root, **{"image_size": 8, **changes}))


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_regions_hold_what_the_same_numbers_hold_in_release_1(tmp_path, order):
    arrays = write_arrays(tmp_path / "two", order=order)
    write_list(tmp_path / "two")
    write_images(tmp_path / "one", {bare(name) for name in TRIALS["CSI1"]})
    write_first_list(tmp_path / "one", "CSI1", TRIALS["CSI1"])
    write_rois(tmp_path / "one", "CSI1", arrays)
    by_region, known = load(tmp_path / "two"), load_rois(tmp_path / "one")
    assert by_region.digest == known.digest
    assert "not z-scored; of CSI1 arrays of regions" in by_region.source


@pytest.mark.parametrize("folder", ["", "py", "BOLD5000_GLMsingle_ROI_betas"])
@pytest.mark.parametrize("place", ["CSI1_imgnames.txt", "sub-CSI1_imgnames.txt"])
def test_copies_in_other_places_are_found(tmp_path, folder, place):
    write_arrays(tmp_path, folder)
    write_list(tmp_path, place)
    assert load(tmp_path).rois == ("PPA", "LOC", "EarlyVis", "OPA", "RSC")


def test_only_the_regions_asked_for_are_read(tmp_path):
    write_arrays(tmp_path)
    write_list(tmp_path)
    (tmp_path / "BOLD5000_GLMsingle_ROI_betas/py" / NAME.format("CSI1", "LHOPA")).write_bytes(b"")
    assert load(tmp_path, rois="PPA").rois == ("PPA",)
    with pytest.raises(DataError, match=r"LHOPA\.npy: expected a whole \.npy file"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((5, 3)), "a row for each of the 6 trials.*kind f of shape \\(5, 3\\)"),
        (np.zeros(6), "numbers of shape \\(n_trials, n_voxels\\)"),
        (np.array([["a"] * 3] * 6), "numbers of shape .* found kind U"),
        (np.array([[None] * 3] * 6), "numbers of shape .* found kind O"),
    ],
)
def test_arrays_of_another_form_are_refused_by_file(tmp_path, values, message):
    write_arrays(tmp_path)
    write_list(tmp_path)
    path = tmp_path / "BOLD5000_GLMsingle_ROI_betas/py" / NAME.format("CSI1", "RHPPA")
    np.save(path, values, allow_pickle=True)
    with pytest.raises(DataError, match=rf"RHPPA\.npy: expected {message}"):
        load(tmp_path)


def test_a_file_that_is_cut_short_and_a_region_that_is_missing_are_named(tmp_path):
    write_arrays(tmp_path)
    write_list(tmp_path)
    path = tmp_path / "BOLD5000_GLMsingle_ROI_betas/py" / NAME.format("CSI1", "RHPPA")
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with pytest.raises(DataError, match=r"RHPPA\.npy: expected \d+ bytes, as its header says"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="CSI1: expected regions RHPPA"):
        load(tmp_path)
    assert len(KEYS) == 10


def test_without_a_list_of_images_nothing_is_assumed(tmp_path):
    write_arrays(tmp_path)
    with pytest.raises(DataError, match="expected this stimulus list; found no such file"):
        load(tmp_path)
