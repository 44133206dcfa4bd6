"""Release 2.0: volumes of all sessions in order, z-scored within each, or refused by name."""

import numpy as np
import pytest
from bold5000_files import AFFINE, KEYS, REGIONS, write_images, write_list, write_nifti
from brain_settings import brain_settings

from pipeline.brains.bold5000 import BOLD5000_BRAINS, load_bold5000_betas
from pipeline.errors import ConfigError, DataError

SHAPE = (5, 4, 6)
IMAGES = [f"COCO_train2014_{i:012d}.jpg" for i in range(4)] + ["n01440764_1.JPEG", "church1.jpg"]
TRIALS = [IMAGES[i] for i in (0, 1, 2, 3, 1, 4, 5, 0, 2)]
LENGTHS = (4, 5)


def session_path(directory, number, subject="CSI1"):
    name = f"{subject}_GLMbetas-TYPED-FITHRF-GLMDENOISE-RR_ses-{number:02d}.nii.gz"
    return directory / name


def masks():
    """Number the voxels of ten regions of 8; LHPPA and LHLOC share one voxel."""
    order = np.random.default_rng(3).permutation(120)
    flat = {key: order[8 * i : 8 * i + 8] for i, key in enumerate(KEYS)}
    flat["LHLOC"] = np.append(flat["LHLOC"], flat["LHPPA"][0])
    made = {}
    for key, members in flat.items():
        made[key] = np.zeros(SHAPE, dtype=bool)
        made[key].flat[members] = True
    return made


def write_release(folder):
    rng = np.random.default_rng(0)
    sessions = [
        rng.standard_normal((*SHAPE, n), dtype=np.float32) * (k + 1) + 10 * k
        for k, n in enumerate(LENGTHS)
    ]
    for number, values in enumerate(sessions, start=1):
        write_nifti(session_path(folder, number), values)
    for key, mask in masks().items():
        name = f"sub-CSI1_mask-{key.replace('RHRSC', 'RHRRSC')}.nii.gz"
        write_nifti(folder / "masks/CSI1" / name, mask, dtype=np.uint8)
    write_list(folder, "CSI1", TRIALS)
    write_images(folder, IMAGES)
    return sessions


@pytest.fixture
def release(tmp_path):
    return tmp_path, write_release(tmp_path)


def load(directory, **settings):
    return load_bold5000_betas(brain_settings(directory, **{"image_size": 8, **settings}))


def scored(sessions, mask):
    """Z-score plainly: (n_trials, n_voxels), voxels with the first axis fastest."""
    rows = []
    for values in sessions:
        voxels = values.transpose(3, 2, 1, 0)[:, mask.transpose(2, 1, 0)].astype(float)
        rows.append((voxels - voxels.mean(axis=0)) / voxels.std(axis=0))
    return np.concatenate(rows)


def test_each_voxel_is_scored_within_its_session_and_averaged_over_showings(release):
    directory, sessions = release
    data = load(directory, hemispheres="apart")
    responses = data.subjects["CSI1"]
    assert data.rois == KEYS
    assert data.stimuli.groups.tolist() == sorted(IMAGES)
    for key, mask in masks().items():
        trials = scored(sessions, mask)
        for row, image in enumerate(sorted(IMAGES)):
            showings = [i for i, name in enumerate(TRIALS) if name == image]
            measured = responses.values[row, responses.rois[key]]
            np.testing.assert_allclose(measured, trials[showings].mean(axis=0), atol=1e-5)
    everything = np.logical_or.reduce(list(masks().values()))
    trials = scored(sessions, everything)
    for place, row in enumerate(responses.repeated):
        showings = [i for i, name in enumerate(TRIALS) if name == sorted(IMAGES)[row]]
        np.testing.assert_allclose(responses.repeats[:, place], trials[showings], atol=1e-5)


def test_hemispheres_are_joined_and_shared_voxels_stand_once(release):
    responses = load(release[0]).subjects["CSI1"]
    assert tuple(responses.rois) == REGIONS
    assert responses.values.shape == (6, 80)
    assert len(responses.rois["LOC"]) == 17
    assert len(np.intersect1d(responses.rois["LOC"], responses.rois["PPA"])) == 1


def test_coordinates_are_millimetres_of_the_masks(release):
    responses = load(release[0], hemispheres="apart").subjects["CSI1"]
    places = np.argwhere(masks()["RHOPA"]) @ AFFINE[:3, :3] + AFFINE[:3, 3]
    measured = responses.coordinates[responses.rois["RHOPA"]]
    assert sorted(map(tuple, measured)) == sorted(map(tuple, places))


def test_the_list_of_release_2_and_folders_by_subject_are_read_too(release):
    directory, _ = release
    before = load(directory).digest
    (directory / "ROIs/stim_lists/CSI01_stim_lists.txt").rename(directory / "CSI1_imgnames.txt")
    (directory / "CSI1").mkdir()
    for number in (1, 2):
        path = session_path(directory, number)
        path.rename(directory / "CSI1" / path.name)
    assert load(directory).digest == before


def test_voxels_constant_in_one_session_are_left_out_and_counted(release):
    directory, sessions = release
    place = tuple(np.argwhere(masks()["RHPPA"])[0])
    sessions[1][place] = 0.1
    write_nifti(session_path(directory, 2), sessions[1])
    data = load(directory)
    assert "unusable voxels left out: CSI1 PPA 1" in data.source
    assert len(data.subjects["CSI1"].rois["PPA"]) == 15
    assert data.subjects["CSI1"].coordinates.shape == (79, 3)


def test_the_entry_of_brains_reads_release_2(release):
    brain = BOLD5000_BRAINS[1]
    assert brain.load(brain_settings(release[0])).name == brain.name == "bold5000-2.0"


def test_without_z_scores_responses_are_as_stored(release):
    directory, sessions = release
    data = load(directory, hemispheres="apart", zscore="none")
    assert "not z-scored" in data.source
    whole = np.concatenate(sessions, axis=-1).transpose(3, 2, 1, 0)
    responses = data.subjects["CSI1"]
    for key, mask in masks().items():
        trials = whole[:, mask.transpose(2, 1, 0)]
        for row, image in enumerate(sorted(IMAGES)):
            trials_of_image = [i for i, name in enumerate(TRIALS) if name == image]
            measured = responses.values[row, responses.rois[key]]
            np.testing.assert_allclose(measured, trials[trials_of_image].mean(axis=0), rtol=1e-5)


class TestRefusals:
    def test_sessions_that_are_missing_or_too_many(self, release):
        directory, sessions = release
        write_nifti(session_path(directory, 4), sessions[0])
        with pytest.raises(DataError, match="CSI1: expected sessions 1 to 4; found 1, 2, 4"):
            load(directory)
        write_nifti(session_path(directory, 3), sessions[0])
        match = "a volume for each of the 9 trials.*; found 17 volumes in 4 sessions"
        with pytest.raises(DataError, match=match):
            load(directory)

    def test_subjects_lists_and_words_that_are_not_there(self, release, tmp_path):
        with pytest.raises(ConfigError, match=r"subjects: CSI2: .*Known: CSI1"):
            load(release[0], subjects=["CSI2"])
        with pytest.raises(DataError, match="directory: expected a folder"):
            load(None)
        (release[0] / "ROIs/stim_lists/CSI01_stim_lists.txt").unlink()
        with pytest.raises(DataError, match="expected this stimulus list; found no such file"):
            load(release[0])

    def test_masks_that_are_missing_or_lie_elsewhere(self, release):
        folder = release[0] / "masks/CSI1"
        moved = AFFINE.copy()
        moved[1, 1] = 2.2
        path = write_nifti(folder / "sub-CSI1_mask-LHOPA.nii.gz", masks()["LHOPA"], moved, np.uint8)
        with pytest.raises(DataError, match=r"mask-LHOPA\.nii\.gz: expected the space of .*ses-01"):
            load(release[0])
        path.unlink()
        with pytest.raises(DataError, match=r"masks/CSI1: expected regions LHOPA; found .*LHPPA"):
            load(release[0])

    def test_sessions_on_different_grids(self, release):
        directory, sessions = release
        write_nifti(session_path(directory, 2), sessions[1], AFFINE * 1.01)
        with pytest.raises(DataError, match=r"ses-02\.nii\.gz: expected the space of .*ses-01"):
            load(directory)

    def test_a_session_that_is_damaged_at_its_end(self, release):
        path = session_path(release[0], 2)
        whole = path.read_bytes()
        for damaged in (whole[:-100], whole[:-8] + b"\0" * 8):
            path.write_bytes(damaged)
            with pytest.raises(DataError, match=r"ses-02\.nii\.gz: expected a whole NIfTI file"):
                load(release[0])

    def test_half_a_region_outside_the_brain(self, release):
        directory, sessions = release
        for number, values in enumerate(sessions, start=1):
            values[masks()["LHRSC"]] = 0
            write_nifti(session_path(directory, number), values)
        with pytest.raises(
            DataError, match=r"ROI LHRSC: .*NaN, infinite or constant.*found 8 of 8"
        ):
            load(directory, hemispheres="apart")
