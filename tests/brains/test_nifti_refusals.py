"""NIfTI folders that do not fit together or are damaged are refused with both files named."""

import gzip
import struct

import numpy as np
import pytest
from bold5000_files import AFFINE, same, write_nifti
from flipped_bytes import flipped, flips
from hypothesis import given, settings
from nifti_files import SHAPE, betas, load, masks, write_folder

from pipeline.brains.formats.nifti.volumes import open_volumes
from pipeline.errors import DataError


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path)


class TestRefusals:
    def test_masks_in_another_space_naming_both_files(self, folder):
        path = folder / "sub-01/masks/V1.nii.gz"
        moved = AFFINE.copy()
        moved[0, 3] += 0.005  # within what rounding does
        write_nifti(path, masks()["V1"], moved, np.uint8)
        load(folder)
        moved[0, 3] += 0.02
        write_nifti(path, masks()["V1"], moved, np.uint8)
        match = r"V1\.nii\.gz: expected the space of .*betas\.nii\.gz, shape \(4, 5, 3\), affine"
        with pytest.raises(DataError, match=match):
            load(folder)
        write_nifti(path, np.ones((4, 5, 4)), AFFINE, np.uint8)
        with pytest.raises(DataError, match=r"V1\.nii\.gz: .*found shape \(4, 5, 4\)"):
            load(folder)

    def test_volumes_of_a_list_in_different_spaces(self, folder):
        (folder / "sub-01/betas.nii.gz").unlink()
        for volume in range(4):
            affine = AFFINE * (1.1 if volume == 2 else 1)
            write_nifti(folder / f"sub-01/betas/{volume}.nii", betas()[..., volume], affine)
        with pytest.raises(DataError, match=r"2\.nii: expected the space of .*0\.nii"):
            load(folder)

    def test_another_number_of_volumes_than_of_rows(self, folder):
        write_nifti(folder / "sub-01/betas.nii.gz", betas(n=5))
        match = r"betas: expected a volume for each of the 4 rows of stimuli\.csv; found 5 volumes"
        with pytest.raises(DataError, match=match):
            load(folder)

    @pytest.mark.parametrize(
        ("values", "match"),
        [
            (np.zeros(SHAPE), "one number inside the region and 0 outside; found 1 different"),
            (np.linspace(0, 1, 60).reshape(SHAPE), "found 60 different values from 0 to 1"),
            (np.full(SHAPE, np.nan), "expected finite values; found 60 voxels NaN"),
            (np.ones((*SHAPE, 2)), "expected one volume; found 2 volumes"),
        ],
    )
    def test_masks_that_are_no_masks(self, folder, values, match):
        write_nifti(folder / "sub-01/masks/V1.nii.gz", values)
        with pytest.raises(DataError, match=rf"V1\.nii\.gz.*{match}"):
            load(folder)

    @pytest.mark.parametrize(
        ("table", "match"),
        [
            (
                b"index,name\n1,A\n9,B\n",
                r"atlas\.nii\.gz: expected voxels of 9 B as the labels say; found the values 0, 1",
            ),
            (b"number,name\n1,A\n", r"labels\.csv: expected the columns index and name"),
            (b"index,name\n1,\xff\n", r"labels\.csv: expected a table in UTF-8"),
            (b"index,name\n1,A\n1,B\n", r"labels\.csv, line 3: expected each index once; found 1"),
            (b"index,name\n1.5,A\n", r"labels\.csv, line 2: expected a whole index above 0"),
            (b"index,name\n0,A\n", r"labels\.csv, line 2: expected a whole index above 0"),
            (None, r"labels\.csv: expected a table of labels .*; found no such file"),
        ],
    )
    def test_labels_that_do_not_fit_the_atlas(self, folder, table, match):
        for path in (folder / "sub-01/masks").iterdir():
            path.unlink()
        write_nifti(folder / "sub-01/atlas.nii.gz", np.arange(60).reshape(SHAPE) % 2)
        if table is not None:
            (folder / "sub-01/labels.csv").write_bytes(table)
        with pytest.raises(DataError, match=match):
            load(folder)

    def test_files_that_are_missing_or_there_twice(self, folder, tmp_path):
        with pytest.raises(DataError, match="nifti: directory: expected a folder; found none"):
            load(None)
        write_nifti(folder / "sub-01/masks/V1.nii", np.ones(SHAPE))
        with pytest.raises(DataError, match=r"V1 once; found V1\.nii and V1\.nii\.gz"):
            load(folder)
        (folder / "sub-01/masks").rename(folder / "elsewhere")
        with pytest.raises(DataError, match=r"masks/<ROI>\.nii\.gz, or atlas.*found neither"):
            load(folder)
        write_nifti(folder / "sub-01/betas/a.nii", np.ones(SHAPE))
        with pytest.raises(DataError, match="expected one form of betas"):
            load(folder)
        (folder / "sub-01").rename(folder / "elsewhere/sub-01")
        with pytest.raises(DataError, match="expected a folder for each subject; found no folder"):
            load(folder)

    @pytest.mark.parametrize("ending", ["nii", "nii.gz"])
    @pytest.mark.parametrize("share", [0, 0.02, 0.3, 0.6, 0.999])
    def test_files_cut_short(self, folder, ending, share):
        (folder / "sub-01/betas.nii.gz").unlink()
        path = write_nifti(folder / f"sub-01/betas.{ending}", betas())
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DataError, match=rf"sub-01/betas\.{ending}"):
            load(folder)

    def test_files_longer_than_their_header_says(self, folder):
        path = folder / "sub-01/betas.nii.gz"
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"\0"))
        with pytest.raises(DataError, match=r"betas\.nii\.gz: .*more bytes than 4 volumes"):
            load(folder)

    @pytest.mark.parametrize(
        ("at", "form", "value", "match"),
        [
            (42, "<h", 30000, "dim: expected at most .* bytes, as the file can hold"),
            (42, "<h", -3, "dim: expected three axes of space"),
            (70, "<h", 128, "datatype: expected real numbers"),
            (108, "<f", 1e9, "vox_offset: expected 348 to"),
            (108, "<f", np.nan, "expected a whole NIfTI file"),
            (112, "<8s", struct.pack("<2f", 1, np.inf), "expected a whole NIfTI file"),
            (123, "<B", 3, "xyzt_units: expected millimetres; found micrometres"),
            (280, "<f", np.nan, "affine: expected three axes"),
            (280, "<f", 0, "affine: expected three axes"),
            (344, "<4s", b"ni1\0", "a single NIfTI file, n"),
            (0, "<i", 7, "no header of NIfTI-1 or NIfTI-2"),
        ],
    )
    def test_headers_that_ask_for_what_cannot_be(self, folder, at, form, value, match):
        path = folder / "sub-01/betas.nii.gz"
        whole = bytearray(gzip.decompress(path.read_bytes()))
        whole[at : at + struct.calcsize(form)] = struct.pack(form, value)
        path.write_bytes(gzip.compress(bytes(whole)))
        with pytest.raises(DataError, match=match):
            load(folder)

    def test_a_header_of_the_largest_volumes_before_anything_is_read(self, folder):
        path = folder / "sub-01/betas.nii.gz"
        whole = bytearray(gzip.decompress(path.read_bytes()))
        whole[40:50] = struct.pack("<5h", 4, 32767, 32767, 32767, 4)
        path.write_bytes(gzip.compress(bytes(whole)))
        with pytest.raises(DataError, match="at most 50000000 voxels in a volume"):
            open_volumes(path)


class TestCorruptedFiles:
    """All damage to a .nii.gz is found; in a .nii that to responses, scale and place is not."""

    @pytest.mark.parametrize("ending", ["nii", "nii.gz"])
    def test_are_refused_or_change_nothing_but_numbers(self, folder, ending):
        (folder / "sub-01/betas.nii.gz").unlink()
        path = write_nifti(folder / f"sub-01/betas.{ending}", betas())
        whole = path.read_bytes()
        clean = load(folder)

        @settings(max_examples=80, deadline=None, derandomize=True)
        @given(flips(len(whole)))
        def corrupt(changes):
            path.write_bytes(flipped(whole, changes))
            try:
                read = load(folder)
            except DataError:
                return
            if ending == "nii.gz":
                assert read.digest == clean.digest
            elif read.source == clean.source:
                assert same(moved_back(read, clean), clean)

        corrupt()


def moved_back(read, clean):
    """Places may change by as much as rounding does."""
    own, original = read.subjects["sub-01"], clean.subjects["sub-01"]
    np.testing.assert_allclose(own.coordinates, original.coordinates, atol=0.011)
    return type(read)(
        read.name,
        read.stimuli,
        {"sub-01": type(own)(own.values, own.rois, own.repeats, own.stimulus_rows, own.repeated,
                             original.coordinates)},
        read.source,
    )  # fmt: skip
