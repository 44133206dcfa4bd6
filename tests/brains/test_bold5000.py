"""Release 1.0 is read exactly, whatever its form, or refused with file and field named."""

from collections import Counter

import numpy as np
import pytest
from bold5000_files import (
    COCO,
    KEYS,
    NET,
    OTHER,
    REGIONS,
    SCENE,
    TREE,
    TRIALS,
    VOXELS,
    bare,
    load,
    write_list,
    write_release,
    write_rois,
)
from brain_settings import brain_settings
from PIL import Image

from pipeline.brains.bold5000 import BOLD5000_BRAINS
from pipeline.brains.bold5000.regions import region_key


@pytest.fixture
def release(tmp_path):
    return tmp_path, write_release(tmp_path)


def expected_rows(arrays, subject, image, keys=KEYS):
    rows = [i for i, name in enumerate(TRIALS[subject]) if bare(name) == image]
    return np.concatenate([arrays[subject][key] for key in keys], axis=1)[rows]


@pytest.mark.parametrize("form", ["mat", "h5"])
@pytest.mark.parametrize("subject", list(TRIALS))
def test_each_image_gets_the_mean_of_its_own_trials(release, form, subject):
    directory, arrays = release
    for name in TRIALS if form == "h5" else ():
        (directory / f"ROIs/{name}/mat/{name}_ROIs_TR34.mat").unlink()
        write_rois(directory, name, arrays[name], form="h5")
    data = load(directory)
    images = sorted([COCO, NET, SCENE, OTHER])
    assert data.stimuli.groups.tolist() == images
    responses = data.subjects[subject]
    for row, position in enumerate(responses.rows(4)):
        mean = expected_rows(arrays, subject, images[position]).mean(axis=0)
        np.testing.assert_allclose(responses.values[row], mean, rtol=1e-6, atol=1e-7)


def test_subjects_that_saw_fewer_images_say_which(release):
    data = load(release[0])
    assert data.subjects["CSI1"].stimulus_rows is None
    assert data.stimuli.groups[data.subjects["CSI2"].stimulus_rows].tolist() == sorted(
        [COCO, NET, SCENE]
    )


def test_single_showings_stand_behind_the_averages_in_their_order(release):
    directory, arrays = release
    responses = load(directory).subjects["CSI1"]
    assert responses.repeats.shape == (2, 2, sum(VOXELS.values()))
    for place, row in enumerate(responses.repeated):
        image = sorted([COCO, NET, SCENE, OTHER])[row]
        showings = expected_rows(arrays, "CSI1", image).astype(np.float32)
        np.testing.assert_array_equal(responses.repeats[:, place], showings)


def test_without_any_image_shown_twice_there_are_no_repeats(release):
    directory, _arrays = release
    write_list(directory, "CSI2", (SCENE, NET, COCO, OTHER))
    responses = load(directory, subjects=["CSI2"]).subjects["CSI2"]
    assert responses.repeats is None
    assert responses.repeated is None


def test_hemispheres_are_joined_or_apart(release):
    directory, _arrays = release
    joined, apart = load(directory), load(directory, hemispheres="apart")
    assert joined.rois == REGIONS
    assert apart.rois == KEYS
    both, one = joined.subjects["CSI1"], apart.subjects["CSI1"]
    side_by_side = np.concatenate([one.values[:, one.rois[f"{s}LOC"]] for s in ("LH", "RH")], 1)
    np.testing.assert_array_equal(both.values[:, both.rois["LOC"]], side_by_side)
    assert len(both.rois["LOC"]) == VOXELS["LHLOC"] + VOXELS["RHLOC"]


def test_the_tr_asked_for_is_read(release):
    directory, arrays = release
    write_rois(directory, "CSI1", {k: v + 100 for k, v in arrays["CSI1"].items()}, tr="4")
    data = load(directory, tr="4", subjects=["CSI1"])
    assert data.subjects["CSI1"].values.mean() > 90
    assert "TR4" in data.source


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("LHLO", "LHLOC"),
        ("RHRRSC", "RHRSC"),
        ("lhearlyvis", "LHEarlyVis"),
        ("sub-CSI2_mask-LHLO", "LHLOC"),
        ("CSI1.RHPPA", "RHPPA"),
        ("LHPPA2", None),
        ("stim", None),
    ],
)
def test_regions_are_known_by_all_their_names(name, key):
    assert region_key(name) == key


def test_the_names_of_csi2_are_read_as_the_usual_ones(release):
    directory, arrays = release
    named = {{"LHLOC": "LHLO", "RHLOC": "RHLO", "RHRSC": "RHRRSC"}.get(k, k): v
             for k, v in arrays["CSI2"].items()}  # fmt: skip
    before = load(directory).digest
    write_rois(directory, "CSI2", named)
    assert load(directory).digest == before


def test_images_are_rgb_squares_from_the_centre_at_the_size_asked_for(release):
    directory, _ = release
    wide = Image.new("L", (90, 30), 0)
    wide.paste(200, (30, 0, 60, 30))
    wide.save(directory / TREE / "Scene" / SCENE, format="PNG")
    items = load(directory, image_size=12).stimuli.items
    assert items.shape == (4, 12, 12, 3)
    place = sorted([COCO, NET, SCENE, OTHER]).index(SCENE)
    assert (items[place] == 200).all()


def test_groups_are_images_or_their_sources(release):
    assert len(set(load(release[0]).stimuli.groups)) == 4
    groups = load(release[0], groups="source").stimuli.groups
    assert Counter(groups) == {"COCO": 1, "ImageNet": 2, "Scene": 1}


def test_unusable_voxels_are_left_out_of_responses_and_repeats_and_counted(release):
    directory, arrays = release
    arrays["CSI1"]["LHPPA"][1, 1] = np.nan
    arrays["CSI1"]["RHOPA"][:, 0] = 4.0
    arrays["CSI1"]["RHPPA"][0, 2] = 1e300
    write_rois(directory, "CSI1", arrays["CSI1"])
    data = load(directory)
    usable = np.setdiff1d(np.arange(31), [1, 5, 3 + 4 + 2 + 5 + 3 + 3 + 2])
    assert "unusable voxels left out: CSI1 PPA 2, CSI1 OPA 1" in data.source
    responses = data.subjects["CSI1"]
    whole = np.concatenate([arrays["CSI1"][key] for key in KEYS], axis=1)[:, usable]
    scene = sorted([COCO, NET, SCENE, OTHER]).index(SCENE)
    np.testing.assert_array_equal(responses.values[scene], whole[2].astype(np.float32))
    assert responses.repeats.shape == (2, 2, 28)
    np.testing.assert_array_equal(responses.repeats[0], whole[[0, 1]].astype(np.float32))
    assert [len(c) for c in responses.rois.values()] == [5, 7, 6, 5, 5]
    assert sorted(np.concatenate(list(responses.rois.values()))) == list(range(28))


def test_the_entry_of_brains_reads_tr34_of_all_subjects(release):
    data = BOLD5000_BRAINS[0].load(brain_settings(release[0]))
    assert data.name == BOLD5000_BRAINS[0].name == "bold5000"
    assert list(data.subjects) == ["CSI1", "CSI2"]
    assert data.stimuli.items.shape == (4, 224, 224, 3)
    assert not data.simulated
