"""A subject's volumes may answer some rows of the table, or all in an order of their own."""

import numpy as np
import pytest
from bold5000_files import write_nifti
from nifti_files import betas, load, write_folder

from pipeline.errors import DataError


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path)


def rows(folder, *lines, head="row"):
    (folder / "sub-01/rows.csv").write_text("\n".join([head, *map(str, lines)]) + "\n")
    return folder


@pytest.mark.parametrize("form", ["one file", "a list"])
def test_another_order_is_turned_back(folder, form):
    before = load(folder)
    order = [3, 0, 2, 1]
    turned = betas()[..., order]
    if form == "one file":
        write_nifti(folder / "sub-01/betas.nii.gz", turned)
    else:
        (folder / "sub-01/betas.nii.gz").unlink()
        for volume in range(4):
            write_nifti(folder / f"sub-01/betas/{volume}.nii", turned[..., volume])
    after = load(rows(folder, *order))
    assert after.digest == before.digest


def test_some_rows_only_are_some_stimuli_only(folder):
    write_nifti(folder / "sub-01/betas.nii.gz", betas()[..., [3, 1]])
    data = load(rows(folder, 3, 1))
    subject = data.subjects["sub-01"]
    assert data.stimuli.items == ("a b", "c d", "e f")
    assert subject.stimulus_rows.tolist() == [1, 2]
    assert subject.repeats is None
    voxel = betas()[..., [1, 3]].transpose(3, 2, 1, 0)[:, 0, 0, 0]
    assert voxel.shape == (2,)
    whole = load_without_rows(folder)
    np.testing.assert_array_equal(subject.values, whole.values[[1, 2]])


def load_without_rows(folder):
    (folder / "sub-01/rows.csv").unlink()
    write_nifti(folder / "sub-01/betas.nii.gz", betas())
    return load(folder).subjects["sub-01"]


@pytest.mark.parametrize(
    ("lines", "head", "message"),
    [
        ([0, 1, 2, 4], "row", r"rows\.csv, line 5: expected a whole number from 0 to 3; found '4'"),
        ([0, 1, 2, -1], "row", "line 5: expected a whole number from 0 to 3; found '-1'"),
        ([0, 1, 2, "1.5"], "row", "found '1.5'"),
        ([0, 1, 1, 2], "row", "different rows, at least one; found 4 rows, 3 of them different"),
        ([], "row", "found 0 rows"),
        ([0, 1, 2, 3], "rows", r"rows\.csv: expected the heading row; found 'rows'"),
        ([0, 1, 2], "row", r"a volume for each of the 3 rows of sub-01/rows\.csv; found 4 volumes"),
    ],
)
def test_rows_that_do_not_fit_are_refused(folder, lines, head, message):
    with pytest.raises(DataError, match=message):
        load(rows(folder, *lines, head=head))


def test_rows_that_are_no_text_are_refused(folder):
    for content in (b"", b"\xff\xfe\x00row\n0\n", b"row\n\xff\n", b"row\n" + b"9" * 100_000):
        (folder / "sub-01/rows.csv").write_bytes(content)
        with pytest.raises(DataError, match=r"rows\.csv"):
            load(folder)
