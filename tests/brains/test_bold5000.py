"""Release 1.0 is read exactly, whatever its form, or refused with file and field named."""

import tracemalloc
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from bold5000_files import (
    KEYS,
    REGIONS,
    TREE,
    regions,
    same,
    write_images,
    write_list,
    write_rois,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat

from pipeline.brains.bold5000 import BOLD5000_BRAINS, load_bold5000
from pipeline.brains.bold5000.regions import region_key
from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list, source_of
from pipeline.brains.brain import BrainRequest
from pipeline.brains.showings import most_showings, showings_of
from pipeline.errors import ConfigError, DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "bold5000" / "stim_lists"
real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real stimulus lists are not in ../shared/data/bold5000"
)
COCO, NET, SCENE = "COCO_train2014_000000000001.jpg", "n01440764_12.JPEG", "church1.jpg"
OTHER = "n01440764_99.JPEG"
TRIALS = {
    "CSI1": (COCO, NET, SCENE, f"rep_{NET}", COCO, OTHER),
    "CSI2": (SCENE, f"rep_{NET}", COCO, f"rep_{SCENE}"),
}
VOXELS = dict(zip(KEYS, (3, 4, 2, 5, 3, 3, 2, 4, 3, 2), strict=True))
REAL_VOXELS = {
    "CSI1": (131, 200, 152, 190, 210, 285, 101, 187, 86, 143),
    "CSI2": (172, 198, 327, 561, 254, 241, 85, 95, 59, 278),
    "CSI3": (112, 161, 430, 597, 522, 696, 187, 205, 78, 116),
    "CSI4": (157, 187, 455, 417, 408, 356, 279, 335, 51, 142),
}


def bare(name):
    return name.removeprefix("rep_")


@pytest.fixture
def written(tmp_path):
    """Write a small release with two subjects; return a function that writes it changed."""
    write_images(tmp_path, {bare(n) for names in TRIALS.values() for n in names})
    arrays = {}
    for number, (subject, names) in enumerate(TRIALS.items()):
        write_list(tmp_path, subject, names)
        arrays[subject] = regions(len(names), VOXELS, seed=number)
        write_rois(tmp_path, subject, arrays[subject])
    return tmp_path, arrays


def load(directory, **wanted):
    return load_bold5000(BrainRequest(directory, **{"image_size": 8, **wanted}))


def expected_rows(arrays, subject, image, keys=KEYS):
    rows = [i for i, name in enumerate(TRIALS[subject]) if bare(name) == image]
    return np.concatenate([arrays[subject][key] for key in keys], axis=1)[rows]


@pytest.mark.parametrize("form", ["mat", "h5"])
@pytest.mark.parametrize("subject", list(TRIALS))
def test_each_image_gets_the_mean_of_its_own_trials(written, form, subject):
    directory, arrays = written
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


def test_subjects_that_saw_fewer_images_say_which(written):
    data = load(written[0])
    assert data.subjects["CSI1"].shown is None
    assert data.stimuli.groups[data.subjects["CSI2"].shown].tolist() == sorted([COCO, NET, SCENE])


def test_single_showings_stand_behind_the_averages_in_their_order(written):
    directory, arrays = written
    responses = load(directory).subjects["CSI1"]
    assert responses.repeats.shape == (2, 2, sum(VOXELS.values()))
    for place, row in enumerate(responses.repeated):
        image = sorted([COCO, NET, SCENE, OTHER])[row]
        shown = expected_rows(arrays, "CSI1", image).astype(np.float32)
        np.testing.assert_array_equal(responses.repeats[:, place], shown)


def test_without_any_image_shown_twice_there_are_no_repeats(written):
    directory, _arrays = written
    write_list(directory, "CSI2", (SCENE, NET, COCO, OTHER))
    responses = load(directory, subjects=["CSI2"]).subjects["CSI2"]
    assert responses.repeats is None
    assert responses.repeated is None


def test_hemispheres_are_joined_or_apart(written):
    directory, _arrays = written
    joined, apart = load(directory), load(directory, hemispheres="apart")
    assert joined.rois == REGIONS
    assert apart.rois == KEYS
    both, one = joined.subjects["CSI1"], apart.subjects["CSI1"]
    side_by_side = np.concatenate([one.values[:, one.rois[f"{s}LOC"]] for s in ("LH", "RH")], 1)
    np.testing.assert_array_equal(both.values[:, both.rois["LOC"]], side_by_side)
    assert len(both.rois["LOC"]) == VOXELS["LHLOC"] + VOXELS["RHLOC"]


def test_the_tr_asked_for_is_read(written):
    directory, arrays = written
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


def test_the_names_of_csi2_are_read_as_the_usual_ones(written):
    directory, arrays = written
    named = {{"LHLOC": "LHLO", "RHLOC": "RHLO", "RHRSC": "RHRRSC"}.get(k, k): v
             for k, v in arrays["CSI2"].items()}  # fmt: skip
    before = load(directory).digest
    write_rois(directory, "CSI2", named)
    assert load(directory).digest == before


def test_images_are_rgb_squares_from_the_centre_at_the_size_asked_for(written):
    directory, _ = written
    wide = Image.new("L", (90, 30), 0)
    wide.paste(200, (30, 0, 60, 30))
    wide.save(directory / TREE / "Scene" / SCENE, format="PNG")
    items = load(directory, image_size=12).stimuli.items
    assert items.shape == (4, 12, 12, 3)
    place = sorted([COCO, NET, SCENE, OTHER]).index(SCENE)
    assert (items[place] == 200).all()


def test_groups_are_images_or_their_sources(written):
    assert len(set(load(written[0]).stimuli.groups)) == 4
    groups = load(written[0], groups="source").stimuli.groups
    assert Counter(groups) == {"COCO": 1, "ImageNet": 2, "Scene": 1}


def test_unusable_voxels_are_left_out_of_responses_and_repeats_and_counted(written):
    directory, arrays = written
    arrays["CSI1"]["LHPPA"][1, 1] = np.nan
    arrays["CSI1"]["RHOPA"][:, 0] = 4.0
    arrays["CSI1"]["RHPPA"][0, 2] = 1e300
    write_rois(directory, "CSI1", arrays["CSI1"])
    data = load(directory)
    kept = np.setdiff1d(np.arange(31), [1, 5, 3 + 4 + 2 + 5 + 3 + 3 + 2])
    assert "unusable voxels left out: CSI1 PPA 2, CSI1 OPA 1" in data.source
    responses = data.subjects["CSI1"]
    whole = np.concatenate([arrays["CSI1"][key] for key in KEYS], axis=1)[:, kept]
    scene = sorted([COCO, NET, SCENE, OTHER]).index(SCENE)
    np.testing.assert_array_equal(responses.values[scene], whole[2].astype(np.float32))
    assert responses.repeats.shape == (2, 2, 28)
    np.testing.assert_array_equal(responses.repeats[0], whole[[0, 1]].astype(np.float32))
    assert [len(c) for c in responses.rois.values()] == [5, 7, 6, 5, 5]
    assert sorted(np.concatenate(list(responses.rois.values()))) == list(range(28))


def test_the_entry_of_brains_reads_tr34_of_all_subjects(written):
    data = BOLD5000_BRAINS[0].load(BrainRequest(directory=written[0]))
    assert data.name == BOLD5000_BRAINS[0].name == "bold5000"
    assert list(data.subjects) == ["CSI1", "CSI2"]
    assert data.stimuli.items.shape == (4, 224, 224, 3)
    assert not data.simulated


class TestRefusals:
    def test_folders_and_files_that_are_missing(self, written, tmp_path):
        with pytest.raises(DataError, match="directory: expected a folder; found none given"):
            load(None)
        with pytest.raises(DataError, match=r"nowhere: expected a folder; found no such folder"):
            load(tmp_path / "nowhere")
        with pytest.raises(ConfigError, match=r"subjects: CSI4: .*Known: CSI1, CSI2"):
            load(written[0], subjects=["CSI1", "CSI4"])
        with pytest.raises(
            DataError, match=r"expected mat/CSI1_ROIs_TR2\.mat or h5.*found neither"
        ):
            load(written[0], tr="2")
        (tmp_path / "ROIs/stim_lists/CSI01_stim_lists.txt").unlink()
        with pytest.raises(DataError, match=r"CSI01_stim_lists\.txt: expected this stimulus list"):
            load(written[0])

    def test_words_that_do_not_exist(self, written):
        for wrong, said in (
            ({"tr": "6"}, "tr: expected"),
            ({"hemispheres": "left"}, "hemispheres: expected one of joined"),
            ({"groups": "set"}, "groups: expected"),
            ({"groups": "topic"}, "groups: expected image or source for BOLD5000; found 'topic'"),
            ({"subjects": ["S"]}, "subjects: S: expected one of those in"),
            ({"rois": ["PPA", "LHPPA"]}, "rois: LHPPA: expected .*hemispheres joined.*mean 'PPA'"),
        ):
            with pytest.raises(ConfigError, match=said):
                load(written[0], **wrong)
        with pytest.raises(ConfigError, match="image_size: expected at least 1; found 0"):
            load(written[0], image_size=0)

    def test_a_list_longer_than_the_responses(self, written):
        write_list(written[0], "CSI1", (*TRIALS["CSI1"], SCENE))
        match = r"TR34\.mat: LHPPA: expected a row for each of the 7 trials.*shape \(6, 3\)"
        with pytest.raises(DataError, match=match):
            load(written[0])

    @pytest.mark.parametrize("form", ["mat", "h5"])
    def test_regions_that_are_missing_double_or_no_numbers(self, written, form):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        some = dict(arrays["CSI1"])
        held = some.pop("LHRSC")
        write_rois(directory, "CSI1", some, form=form)
        with pytest.raises(
            DataError, match=rf"TR34\.{form}: expected regions LHRSC; found .*LHPPA"
        ):
            load(directory)
        write_rois(directory, "CSI1", {**some, "LHRSC": held, "lhrsc": held}, form=form)
        with pytest.raises(DataError, match="expected LHRSC once; found it is there as"):
            load(directory)
        write_rois(directory, "CSI1", {**some, "LHRSC": held.T, "RHRSC": held > 0}, form=form)
        with pytest.raises(DataError, match=r"LHRSC: expected a row for each of the 6 trials"):
            load(directory)
        write_rois(directory, "CSI1", {**some, "LHRSC": held * 1j}, form=form)
        with pytest.raises(DataError, match=r"LHRSC: expected numbers of shape"):
            load(directory)

    def test_missing_images_are_counted_and_the_first_few_listed(self, written):
        for name in (NET, OTHER):
            (written[0] / TREE / "ImageNet" / name).unlink()
        match = rf"expected 4 pictures; found 2 missing: {NET}, {OTHER}\."
        with pytest.raises(DataError, match=match):
            load(written[0])

    def test_an_image_that_is_cut_short_or_huge(self, written, tmp_path):
        path = written[0] / TREE / "Scene" / SCENE
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"church1\.jpg: expected a whole picture; found OSErr"):
            load(written[0])
        Image.new("1", (9_000, 9_000)).save(path, format="PNG")
        with pytest.raises(DataError, match=r"at most 50000000 pixels; found 9000 x 9000"):
            load(written[0])

    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (b"church\xff.jpg\n", "expected UTF-8 text"),
            (b"", "one image name per line; found an empty file"),
            (b"a.jpg\n../../b.jpg\n", r"line 2: expected the file name of an image"),
            (b"a.jpg\n\nb.jpg\n", r"line 2: expected the file name of an image; found ''"),
        ],
    )
    def test_lists_that_are_no_lists_of_images(self, tmp_path, content, match):
        path = tmp_path / "list.txt"
        path.write_bytes(content)
        with pytest.raises(DataError, match=match):
            read_stimulus_list(path)

    def test_a_mat_variable_that_unfolds_to_more_than_it_says(self, written):
        directory, arrays = written
        path = write_rois(directory, "CSI1", arrays["CSI1"], compress=False)
        whole = path.read_bytes()
        n_bytes = int.from_bytes(whole[132:136], "little")
        bomb = zlib.compress(whole[128 : 136 + n_bytes] + bytes(50_000_000))
        tag = (15).to_bytes(4, "little") + len(bomb).to_bytes(4, "little")
        path.write_bytes(whole[:128] + tag + bomb + whole[136 + n_bytes :])
        tracemalloc.start()
        with pytest.raises(DataError, match=r"LHPPA: expected as many bytes as it declares"):
            load(directory)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000

    @pytest.mark.parametrize("version", ["4", "7.3"])
    def test_other_versions_of_mat(self, written, version):
        directory, arrays = written
        path = directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat"
        if version == "4":
            savemat(path, arrays["CSI1"], format="4")
        else:
            with h5py.File(path, "w", userblock_size=512) as file:
                file["LHPPA"] = arrays["CSI1"]["LHPPA"]
        with pytest.raises(DataError, match=r"TR34\.mat: expected a MATLAB 5 file; found 128"):
            load(directory)

    def test_an_h5_whose_numbers_lie_elsewhere(self, written):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        some = {key: values for key, values in arrays["CSI1"].items() if key != "LHPPA"}
        path = write_rois(directory, "CSI1", some, form="h5")
        with h5py.File(path, "a") as file:
            file["LHPPA"] = h5py.ExternalLink("/etc/hosts", "x")
        with pytest.raises(DataError, match=r"LHPPA: expected numbers.*found a link"):
            load(directory)
        with h5py.File(path, "a") as file:
            del file["LHPPA"]
            file.create_dataset("LHPPA", (6, 3), "f8", external=[("/etc/hosts", 0, 144)])
        with pytest.raises(DataError, match=r"LHPPA: expected numbers.*kept in other files"):
            load(directory)

    @pytest.mark.parametrize("chunks", [None, (2, 3)])
    def test_an_h5_of_which_parts_were_never_written(self, written, chunks):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        whole = {key: values for key, values in arrays["CSI1"].items() if key != "LHPPA"}
        path = write_rois(directory, "CSI1", whole, form="h5")
        with h5py.File(path, "a") as file:
            held = file.create_dataset("LHPPA", (6, 3), "f8", chunks=chunks)
            if chunks:
                held[:4] = arrays["CSI1"]["LHPPA"][:4]
        with pytest.raises(
            DataError, match=r"LHPPA: expected .*found a dataset that is not stored"
        ):
            load(directory)

    def test_an_h5_in_compressed_chunks_is_no_other_than_a_plain_one(self, written):
        directory, arrays = written
        before = load(directory).digest
        path = write_rois(directory, "CSI1", {}, form="h5")
        with h5py.File(path, "w") as file:
            for key, values in arrays["CSI1"].items():
                file.create_dataset(key, data=values, chunks=(4, 2), compression="gzip")
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        assert load(directory).digest == before

    def test_an_h5_that_unfolds_to_more_voxels_than_any_region_has(self, written):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        some = {key: values for key, values in arrays["CSI1"].items() if key != "LHPPA"}
        path = write_rois(directory, "CSI1", some, form="h5")
        with h5py.File(path, "a") as file:
            file.create_dataset("LHPPA", data=np.zeros((6, 30_000)), compression="gzip")
        with pytest.raises(DataError, match="LHPPA: expected from 1 to 20000 voxels"):
            load(directory)

    @pytest.mark.parametrize("form", ["mat", "h5"])
    @pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.99])
    def test_files_cut_short(self, written, form, share):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        path = write_rois(directory, "CSI1", arrays["CSI1"], form=form)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DataError, match=rf"CSI1_ROIs_TR34\.{form}"):
            load(directory)


class TestCorruptedFiles:
    """A compressed .mat carries checksums; in .h5 and plain .mat the numbers themselves do not."""

    @pytest.fixture
    def small(self, written):
        directory, arrays = written
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        return directory, arrays["CSI1"]

    @pytest.mark.parametrize("form", ["mat", "h5", "plain mat"])
    def test_are_refused_or_change_nothing_but_numbers(self, small, form):
        directory, arrays = small
        path = write_rois(directory, "CSI1", arrays, form[-3:].strip(), compress=form == "mat")
        whole = path.read_bytes()
        clean = load(directory)

        @settings(max_examples=60, deadline=None, derandomize=True,
                  suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
        @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 255)), min_size=1,
                        max_size=4))  # fmt: skip
        def corrupt(changes):
            damaged = bytearray(whole)
            for place, flip in changes:
                damaged[place] ^= flip
            path.write_bytes(bytes(damaged))
            try:
                read = load(directory)
            except DataError:
                return
            if not read.source.endswith("voxels left out: none"):
                read = replace(clean)  # a response became NaN or infinite: its voxel is gone
            assert same(read, clean)

        corrupt()

    def test_lists_are_refused_or_change_nothing(self, small):
        directory, arrays = small
        write_rois(directory, "CSI1", arrays)
        path = directory / "ROIs/stim_lists/CSI01_stim_lists.txt"
        whole = path.read_bytes()
        digest = load(directory).digest

        @settings(max_examples=60, deadline=None, derandomize=True)
        @given(st.integers(0, len(whole) - 1), st.integers(0, 255))
        def corrupt(place, value):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            with suppress(DataError):
                assert load(directory).digest == digest

        corrupt()


class TestShowings:
    def test_as_many_showings_as_can_be_are_kept(self):
        assert most_showings(np.array([1, 1, 1])) == 0
        assert most_showings(np.array([2, 2, 2, 4])) == 2
        assert most_showings(np.array([2, 4, 4, 4])) == 4
        assert most_showings(np.array([2, 1, 2, 4])) == 2  # 3 x 2 showings against 1 x 4

    def test_trials_are_counted_through(self):
        showings = showings_of(["b", "a", "b", "b"])
        assert showings.names == ("b", "a")
        assert showings.rows.tolist() == [0, 1, 0, 0]
        assert showings.ordinals.tolist() == [0, 0, 1, 2]
        assert showings.repeated.tolist() == [0]


@real
class TestTheRealLists:
    @pytest.mark.parametrize(
        ("subject", "n_trials", "n_unique", "repeats"),
        [
            (1, 5254, 4916, {4: 112, 3: 1}),
            (2, 5254, 4916, {4: 112, 3: 1}),
            (3, 5254, 4916, {4: 107, 5: 3, 3: 2, 2: 1}),
            (4, 3108, 2952, {2: 39, 3: 37, 4: 13, 5: 1}),
        ],
    )
    def test_hold_the_published_counts(self, subject, n_trials, n_unique, repeats):
        names = read_stimulus_list(REAL / f"CSI0{subject}_stim_lists.txt")
        showings = showings_of(names)
        counts = Counter(showings.counts.tolist())
        assert len(names) == n_trials
        assert len(showings.names) == n_unique
        assert {times: n for times, n in counts.items() if times > 1} == repeats
        assert showings.n_repeats == (2 if subject == 4 else 4)
        assert len(showings.repeated) == {1: 112, 2: 112, 3: 110, 4: 90}[subject]

    def test_show_the_same_images_from_three_sources_to_all(self):
        seen = [set(read_stimulus_list(REAL / f"CSI0{n}_stim_lists.txt")) for n in (1, 2, 3, 4)]
        assert seen[0] == seen[1] == seen[2] > seen[3]
        sources = Counter(map(source_of, seen[0]))
        assert sources == {"COCO": 2000, "ImageNet": 1916, "Scene": 1000}

    @pytest.mark.slow
    @pytest.mark.parametrize("form", ["mat", "h5"])
    def test_with_responses_at_full_size_are_read_back_exactly(self, tmp_path, form):
        images, arrays = set(), {}
        for number, subject in enumerate(REAL_VOXELS):
            source = REAL / f"CSI0{subject[-1]}_stim_lists.txt"
            lines = source.read_text().split()
            write_list(tmp_path, subject, lines)
            images |= set(map(bare, lines))
            voxels = dict(zip(KEYS, REAL_VOXELS[subject], strict=True))
            made = regions(len(lines), voxels, seed=number)
            write_rois(tmp_path, subject, made, form=form, compress=False)
            arrays[subject] = np.concatenate([made[key] for key in KEYS], axis=1, dtype=np.float32)
        write_images(tmp_path, images)
        data = load(tmp_path, image_size=16)
        assert len(data.stimuli) == 4916
        for subject, responses in data.subjects.items():
            names = read_stimulus_list(
                tmp_path / f"ROIs/stim_lists/CSI0{subject[-1]}_stim_lists.txt"
            )
            trials = {name: [] for name in names}
            for trial, name in enumerate(names):
                trials[name].append(trial)
            shown = data.stimuli.groups[responses.rows(4916)]
            assert len(shown) == len(trials)
            for row, image in enumerate(shown):
                raw = arrays[subject][trials[image]]
                if len(raw) == 1:
                    np.testing.assert_array_equal(responses.values[row], raw[0])
                else:
                    np.testing.assert_allclose(responses.values[row], raw.mean(0), atol=1e-6)
            first = [arrays[subject][trials[shown[row]]][:4] for row in responses.repeated]
            kept = np.stack([raw[: len(responses.repeats)] for raw in first], axis=1)
            np.testing.assert_array_equal(responses.repeats, kept)
            n_voxels = dict(zip(KEYS, REAL_VOXELS[subject], strict=True))
            for region, columns in responses.rois.items():
                assert len(columns) == n_voxels[f"LH{region}"] + n_voxels[f"RH{region}"]
