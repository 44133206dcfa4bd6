"""Parts of release 1.0 that are missing, damaged or do not fit are refused by file and field."""

import tracemalloc
import zlib

import h5py
import numpy as np
import pytest
from bold5000_files import (
    NET,
    OTHER,
    SCENE,
    TREE,
    TRIALS,
    load,
    write_list,
    write_release,
    write_rois,
)
from PIL import Image
from scipy.io import savemat

from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list
from pipeline.errors import ConfigError, DataError


@pytest.fixture
def release(tmp_path):
    return tmp_path, write_release(tmp_path)


class TestRefusals:
    def test_folders_and_files_that_are_missing(self, release, tmp_path):
        with pytest.raises(DataError, match="directory: expected a folder; found none given"):
            load(None)
        with pytest.raises(DataError, match=r"nowhere: expected a folder; found no such folder"):
            load(tmp_path / "nowhere")
        with pytest.raises(ConfigError, match=r"subjects: CSI4: .*Known: CSI1, CSI2"):
            load(release[0], subjects=["CSI1", "CSI4"])
        with pytest.raises(
            DataError, match=r"expected mat/CSI1_ROIs_TR2\.mat or h5.*found neither"
        ):
            load(release[0], tr="2")
        (tmp_path / "ROIs/stim_lists/CSI01_stim_lists.txt").unlink()
        with pytest.raises(DataError, match=r"CSI01_stim_lists\.txt: expected this stimulus list"):
            load(release[0])

    def test_words_that_do_not_exist(self, release):
        for wrong, message in (
            ({"groups": "topic"}, "groups: expected image or source for BOLD5000; found 'topic'"),
            ({"subjects": ["S"]}, "subjects: S: expected one of those in"),
            ({"rois": ["PPA", "LHPPA"]}, "rois: LHPPA: expected .*hemispheres joined.*mean 'PPA'"),
        ):
            with pytest.raises(ConfigError, match=message):
                load(release[0], **wrong)

    def test_a_list_longer_than_the_responses(self, release):
        write_list(release[0], "CSI1", (*TRIALS["CSI1"], SCENE))
        match = r"TR34\.mat: LHPPA: expected a row for each of the 7 trials.*shape \(6, 3\)"
        with pytest.raises(DataError, match=match):
            load(release[0])

    @pytest.mark.parametrize("form", ["mat", "h5"])
    def test_regions_that_are_missing_double_or_no_numbers(self, release, form):
        directory, arrays = release
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        some = dict(arrays["CSI1"])
        responses = some.pop("LHRSC")
        write_rois(directory, "CSI1", some, form=form)
        with pytest.raises(
            DataError, match=rf"TR34\.{form}: expected regions LHRSC; found .*LHPPA"
        ):
            load(directory)
        write_rois(directory, "CSI1", {**some, "LHRSC": responses, "lhrsc": responses}, form=form)
        with pytest.raises(DataError, match="expected LHRSC once; found it is there as"):
            load(directory)
        write_rois(
            directory, "CSI1", {**some, "LHRSC": responses.T, "RHRSC": responses > 0}, form=form
        )
        with pytest.raises(DataError, match=r"LHRSC: expected a row for each of the 6 trials"):
            load(directory)
        write_rois(directory, "CSI1", {**some, "LHRSC": responses * 1j}, form=form)
        with pytest.raises(DataError, match=r"LHRSC: expected numbers of shape"):
            load(directory)

    def test_missing_images_are_counted_and_the_first_few_listed(self, release):
        for name in (NET, OTHER):
            (release[0] / TREE / "ImageNet" / name).unlink()
        match = rf"expected 4 pictures; found 2 missing: {NET}, {OTHER}\."
        with pytest.raises(DataError, match=match):
            load(release[0])

    def test_an_image_that_is_cut_short_or_huge(self, release, tmp_path):
        path = release[0] / TREE / "Scene" / SCENE
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"church1\.jpg: expected a whole picture; found OSErr"):
            load(release[0])
        Image.new("1", (9_000, 9_000)).save(path, format="PNG")
        with pytest.raises(DataError, match=r"at most 50,000,000 pixels; found 9000 x 9000"):
            load(release[0])

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

    def test_a_mat_variable_that_unfolds_to_more_than_it_says(self, release):
        directory, arrays = release
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
    def test_other_versions_of_mat(self, release, version):
        directory, arrays = release
        path = directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat"
        if version == "4":
            savemat(path, arrays["CSI1"], format="4")
        else:
            with h5py.File(path, "w", userblock_size=512) as file:
                file["LHPPA"] = arrays["CSI1"]["LHPPA"]
        with pytest.raises(DataError, match=r"TR34\.mat: expected a MATLAB 5 file; found 128"):
            load(directory)

    def test_an_h5_whose_numbers_lie_elsewhere(self, release):
        directory, arrays = release
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
    def test_an_h5_of_which_parts_were_never_written(self, release, chunks):
        directory, arrays = release
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        whole = {key: values for key, values in arrays["CSI1"].items() if key != "LHPPA"}
        path = write_rois(directory, "CSI1", whole, form="h5")
        with h5py.File(path, "a") as file:
            responses = file.create_dataset("LHPPA", (6, 3), "f8", chunks=chunks)
            if chunks:
                responses[:4] = arrays["CSI1"]["LHPPA"][:4]
        with pytest.raises(
            DataError, match=r"LHPPA: expected .*found a dataset that is not stored"
        ):
            load(directory)

    def test_an_h5_in_compressed_chunks_is_no_other_than_a_plain_one(self, release):
        directory, arrays = release
        before = load(directory).digest
        path = write_rois(directory, "CSI1", {}, form="h5")
        with h5py.File(path, "w") as file:
            for key, values in arrays["CSI1"].items():
                file.create_dataset(key, data=values, chunks=(4, 2), compression="gzip")
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        assert load(directory).digest == before

    def test_an_h5_that_unfolds_to_more_voxels_than_any_region_has(self, release):
        directory, arrays = release
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        some = {key: values for key, values in arrays["CSI1"].items() if key != "LHPPA"}
        path = write_rois(directory, "CSI1", some, form="h5")
        with h5py.File(path, "a") as file:
            file.create_dataset("LHPPA", data=np.zeros((6, 30_000)), compression="gzip")
        with pytest.raises(DataError, match="LHPPA: expected from 1 to 20000 voxels"):
            load(directory)

    @pytest.mark.parametrize("form", ["mat", "h5"])
    @pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.99])
    def test_files_cut_short(self, release, form, share):
        directory, arrays = release
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        path = write_rois(directory, "CSI1", arrays["CSI1"], form=form)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DataError, match=rf"CSI1_ROIs_TR34\.{form}"):
            load(directory)
