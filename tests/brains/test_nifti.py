"""Volumes with masks or an atlas are read exactly, or refused with both files named."""

import nibabel
import numpy as np
import pytest
from bold5000_files import AFFINE, write_nifti
from brain_settings import brain_settings
from nifti_files import SHAPE, betas, load, masks, write_folder

from pipeline.brains.nifti import NIFTI
from pipeline.errors import DataError


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path)


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
    places_there = responses.coordinates[responses.rois["V1"]]
    assert sorted(map(tuple, places_there)) == sorted(map(tuple, places))
    by_place = {tuple(xyz): v for xyz, v in zip(places, betas()[masks()["V1"]][:, 1], strict=True)}
    assert [by_place[tuple(xyz)] for xyz in places_there] == columns_of_row(responses, "V1", 1)


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
    by_nibabel = expected(nibabel.load(path).get_fdata(), masks()["V1"])
    np.testing.assert_allclose(columns_of(load(folder), "V1"), by_nibabel, rtol=1e-5, atol=1e-6)


def test_nifti_2_is_read(folder):
    one = load(folder)
    nibabel.save(nibabel.Nifti2Image(betas(), AFFINE), folder / "sub-01/betas.nii.gz")
    assert load(folder).digest == one.digest


def test_the_entry_of_brains_reads_the_folder(folder):
    assert NIFTI.load(brain_settings(folder)).name == NIFTI.name == "nifti"


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


def trial_files(folder, names, seed=0):
    """Write a subject whose trials are files of their own; return what each file holds."""
    write_folder(folder)
    (folder / "sub-01/betas.nii.gz").unlink()
    volumes = betas(seed, len(names))
    for place, name in enumerate(names):
        write_nifti(folder / f"sub-01/betas/{name}.nii.gz", volumes[..., place])
    lines = [f"sentence {row},p{row // 2}" for row in range(len(names))]
    (folder / "stimuli.csv").write_text("\n".join(["text,group", *lines]))
    return volumes


def test_files_of_single_trials_are_read_as_their_numbers_count(tmp_path):
    volumes = trial_files(tmp_path, [f"beta_{n}" for n in range(1, 13)])
    data = load(tmp_path)
    subject = data.subjects["sub-01"]
    mask = masks()["V1"].ravel(order="F")
    expected = np.stack([v.ravel(order="F")[mask] for v in np.moveaxis(volumes, 3, 0)])
    np.testing.assert_array_equal(subject.values[:, subject.rois["V1"]], expected)
    assert "files in the order sub-01: beta_1, beta_2 … beta_12" in data.source


@pytest.mark.parametrize("names", [["b_1", "b_01"], ["b_01", "b_2", "b_10"], ["b_001", "b_02"]])
def test_numbers_padded_in_some_names_only_are_refused(tmp_path, names):
    trial_files(tmp_path, names)
    with pytest.raises(DataError, match="betas: expected numbers that are padded with zeros in"):
        load(tmp_path)


@pytest.mark.parametrize("shape", [(4, 5, 3, 1, 4), (4, 5, 3, 4, 1), (4, 5, 3, 1, 1, 4)])
def test_axes_of_one_step_beyond_space_say_nothing(tmp_path, shape):
    whole = load(write_folder(tmp_path / "a"))
    folder = write_folder(tmp_path / "b")
    write_nifti(folder / "sub-01/betas.nii.gz", betas().reshape(shape))
    assert load(folder).digest == whole.digest


def test_two_long_axes_beyond_space_are_refused_with_what_helps(tmp_path):
    folder = write_folder(tmp_path)
    write_nifti(folder / "sub-01/betas.nii.gz", betas().reshape(4, 5, 3, 2, 2))
    with pytest.raises(DataError, match=r"found shape \(4, 5, 3, 2, 2\). Save one volume a trial"):
        load(folder)


@pytest.mark.parametrize("place", ["._sub-01/betas.nii.gz", "sub-01/masks/._V1.nii.gz"])
def test_files_that_a_system_left_beside_are_passed_over(tmp_path, place):
    folder = write_folder(tmp_path)
    expected = load(folder).digest
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_bytes(b"\x00\x05\x16\x07")
    assert load(folder).digest == expected


def test_cifti_is_named_as_such(tmp_path):
    folder = write_folder(tmp_path)
    image = nibabel.Nifti2Image(np.zeros((1, 1, 1, 1, 4, 10), np.float32), np.eye(4))
    image.header.set_intent(3006, name="ConnDenseScalar")
    (folder / "sub-01/betas.nii.gz").unlink()
    (folder / "sub-01/betas").mkdir()
    nibabel.save(image, folder / "sub-01/betas/all.dscalar.nii")
    with pytest.raises(DataError, match=r"found CIFTI \(dscalar\).*wb_command -cifti-separate"):
        load(folder)


def test_gifti_is_named_as_such(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "sub-01/betas.nii.gz").rename(folder / "sub-01/betas.func.gii")
    with pytest.raises(DataError, match=r"found betas.func.gii, which is GIFTI.*brain arrays"):
        load(folder)


def test_a_table_of_labels_may_have_empty_columns_and_rows_at_the_end(tmp_path):
    folder = write_folder(tmp_path)
    numbers = masks()["V1"] * 7 + masks()["V2"] * 3
    atlas = write_nifti(tmp_path / "atlas/atlas.nii.gz", numbers, dtype=np.int16)
    (tmp_path / "atlas/labels.csv").write_text("index,name,,\n7,V1,,\n3,V2,,\n,,,\n")
    assert load(folder, atlas=atlas).rois == ("V1", "V2")
