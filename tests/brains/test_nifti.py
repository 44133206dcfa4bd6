"""Volumes with masks or an atlas are read exactly, or refused with both files named."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
from bold5000_files import AFFINE, same, write_nifti
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.brains.brain import BrainRequest
from pipeline.brains.nifti import NIFTI, load_nifti
from pipeline.brains.nifti.volumes import open_volumes
from pipeline.errors import DataError

SHAPE = (4, 5, 3)
LINES = ["text,group,repeat", "a b,p1,x", "c d,p1,", "a b,p1,x", "e f,p2,"]


def betas(seed=0, n=4):
    return np.random.default_rng(seed).standard_normal((*SHAPE, n), dtype=np.float32)


def masks():
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 3, SHAPE)
    return {"V1": numbers == 1, "V2": numbers == 2, "both": numbers > 0}


def load(directory, **wanted):
    return load_nifti(BrainRequest(directory, **wanted))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "stimuli.csv").write_text("\n".join(LINES))
    write_nifti(tmp_path / "sub-01/betas.nii.gz", betas())
    for roi, mask in masks().items():
        write_nifti(tmp_path / f"sub-01/masks/{roi}.nii.gz", mask, dtype=np.uint8)
    return tmp_path


def columns_of(data, roi, subject="sub-01"):
    return data.subjects[subject].values[:, data.subjects[subject].rois[roi]]


def expected(values, mask):
    """Average rows 0 and 2, which show one stimulus; voxels with the first axis fastest."""
    voxels = values.transpose(3, 2, 1, 0)[:, mask.transpose(2, 1, 0)]
    return np.stack([voxels[[0, 2]].mean(axis=0), voxels[1], voxels[3]])


def test_every_region_gets_the_voxels_of_its_mask(folder):
    data = load(folder)
    assert data.stimuli.items == ("a b", "c d", "e f")
    assert data.stimuli.groups.tolist() == ["p1", "p1", "p2"]
    assert set(data.rois) == {"V1", "V2", "both"}
    for roi, mask in masks().items():
        np.testing.assert_allclose(columns_of(data, roi), expected(betas(), mask), rtol=1e-6)
    raw = betas().transpose(3, 2, 1, 0)[:, masks()["both"].transpose(2, 1, 0)]
    np.testing.assert_array_equal(data.subjects["sub-01"].repeats[:, 0], raw[[0, 2]])
    assert data.subjects["sub-01"].repeated.tolist() == [0]


def test_coordinates_are_millimetres_from_the_affine(folder):
    responses = load(folder).subjects["sub-01"]
    places = nibabel.affines.apply_affine(AFFINE, np.argwhere(masks()["V1"]))
    found = responses.coordinates[responses.rois["V1"]]
    assert sorted(map(tuple, found)) == sorted(map(tuple, places))
    by_place = {tuple(xyz): v for xyz, v in zip(places, betas()[masks()["V1"]][:, 1], strict=True)}
    assert [by_place[tuple(xyz)] for xyz in found] == columns_of_row(responses, "V1", 1)


def columns_of_row(responses, roi, row):
    return responses.values[row, responses.rois[roi]].tolist()


@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
def test_a_list_of_3d_files_is_the_same_as_one_4d_file(folder, ending):
    one = load(folder)
    (folder / "sub-01/betas.nii.gz").unlink()
    for volume in range(4):
        path = folder / f"sub-01/betas/beta_{volume:03d}.{ending}"
        write_nifti(path, betas()[..., volume])
    assert load(folder).digest == one.digest


def test_an_atlas_with_labels_is_the_same_as_its_masks(folder):
    one = load(folder)
    for path in (folder / "sub-01/masks").iterdir():
        path.unlink()
    numbers = masks()["V1"] * 7 + masks()["V2"] * 3
    write_nifti(folder / "atlas.nii.gz", numbers, dtype=np.int16)
    (folder / "labels.csv").write_text("\ufeffindex,name\n7,V1\n3,V2\n", encoding="utf-8")
    data = load(folder)
    for roi in ("V1", "V2"):
        np.testing.assert_array_equal(columns_of(data, roi), columns_of(one, roi))


def test_masks_beside_the_table_serve_all_subjects_without_their_own(folder):
    (folder / "sub-01/masks").rename(folder / "masks")
    write_nifti(folder / "sub-02/betas.nii", betas(seed=5))
    write_nifti(folder / "sub-02/masks/V1.nii", np.ones(SHAPE), dtype=np.uint8)
    data = load(folder)
    assert columns_of(data, "V1").shape[1] == masks()["V1"].sum()
    assert columns_of(data, "V1", "sub-02").shape[1] == np.prod(SHAPE)
    np.testing.assert_allclose(
        columns_of(data, "V1", "sub-02"), expected(betas(seed=5), np.ones(SHAPE, bool)), rtol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.int16, np.float64, ">f4"])
def test_scaled_and_foreign_number_types_are_read_as_nibabel_reads_them(folder, dtype):
    header = nibabel.Nifti1Header(endianness=">" if dtype == ">f4" else "<")
    header.set_data_dtype(np.dtype(dtype))
    image = nibabel.Nifti1Image(betas(), AFFINE, header=header)
    path = folder / "sub-01/betas.nii.gz"
    nibabel.save(image, path)
    wanted = expected(nibabel.load(path).get_fdata(), masks()["V1"])
    np.testing.assert_allclose(columns_of(load(folder), "V1"), wanted, rtol=1e-5, atol=1e-6)


def test_nifti_2_is_read(folder):
    one = load(folder)
    nibabel.save(nibabel.Nifti2Image(betas(), AFFINE), folder / "sub-01/betas.nii.gz")
    assert load(folder).digest == one.digest


def test_the_entry_of_brains_reads_the_folder(folder):
    assert NIFTI.load(BrainRequest(directory=folder)).name == NIFTI.name == "nifti"


def test_unusable_voxels_are_left_out_with_their_coordinates(folder):
    values = betas()
    places = np.argwhere(masks()["V1"])[:2]
    values[*places[0], 1], values[*places[1], :] = np.nan, 2.0
    write_nifti(folder / "sub-01/betas.nii.gz", values)
    data = load(folder)
    assert "unusable voxels left out: sub-01 V1 2, sub-01 both 2" in data.source
    responses = data.subjects["sub-01"]
    assert len(responses.rois["V1"]) == masks()["V1"].sum() - 2
    gone = set(map(tuple, nibabel.affines.apply_affine(AFFINE, places)))
    assert not gone & set(map(tuple, responses.coordinates))


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
            (42, "<h", -3, "dim: expected 3 or 4 dimensions of 1 or more"),
            (70, "<h", 128, "datatype: expected real numbers"),
            (108, "<f", 1e9, "vox_offset: expected 348 to"),
            (108, "<f", np.nan, "expected a whole NIfTI file"),
            (112, "<8s", struct.pack("<2f", 1, np.inf), "expected a whole NIfTI file"),
            (123, "<B", 3, "xyzt_units: expected millimetres; found micrometres"),
            (280, "<f", np.nan, "affine: expected three axes"),
            (280, "<f", 0, "affine: expected three axes"),
            (344, "<4s", b"ni1\0", "single NIfTI file has n"),
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
        @given(
            st.lists(
                st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 255)),
                min_size=1,
                max_size=4,
            )
        )
        def corrupt(changes):
            damaged = bytearray(whole)
            for place, flip in changes:
                damaged[place] ^= flip
            path.write_bytes(bytes(damaged))
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
        {"sub-01": type(own)(own.values, own.rois, own.repeats, own.shown, own.repeated,
                             original.coordinates)},
        read.source,
    )  # fmt: skip
