"""The reader of .mat files agrees with scipy, on sound files."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from pipeline.brains.array_matlab import read_mat
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "digit69" / "digit69_28x28.mat"
TYPES = ("f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "bool")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (3, 5), (2, 3, 4), (0, 3)])
def test_every_type_and_shape_is_read_as_scipy_reads_it(tmp_path, shape, compressed):
    rng = np.random.default_rng(0)
    # Names of up to 4 letters, and up to 4 bytes of numbers, share the 8 bytes of their tag.
    made = {f"{'a_long_' * (i % 2)}v{i}": rng.integers(0, 2, shape).astype(kind)
            for i, kind in enumerate(TYPES)}  # fmt: skip
    savemat(tmp_path / "x.mat", made, do_compression=compressed)
    expected = loadmat(tmp_path / "x.mat", mat_dtype=True)
    read = read_mat(tmp_path / "x.mat")
    assert list(read) == list(made)
    for name, array in read.items():
        np.testing.assert_array_equal(array, expected[name], strict=True)


@pytest.mark.skipif(not REAL.is_file(), reason="the real file is not in ../shared/data/digit69")
def test_a_real_file_is_read_as_scipy_reads_it():
    expected = loadmat(REAL)
    read = read_mat(REAL)
    assert set(read) == {name for name in expected if not name.startswith("__")}
    for name, array in read.items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize("value", ["text", {"a": 1}, np.array([1, "x"], object), 1j * np.ones(3)])
def test_what_is_no_array_of_numbers_is_refused(tmp_path, value):
    savemat(tmp_path / "x.mat", {"thing": value})
    with pytest.raises(DataError, match=r"x\.mat: thing: expected an array of numbers"):
        read_mat(tmp_path / "x.mat")


def test_the_old_version_4_is_refused(tmp_path):
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 40))}, format="4")
    with pytest.raises(DataError, match="saved with -v7; found no header of that version"):
        read_mat(tmp_path / "x.mat")


def test_a_length_that_goes_beyond_the_file_is_refused(tmp_path):
    """Of a file like this, one damaged length crashes the interpreter inside scipy."""
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 4))})
    whole = (tmp_path / "x.mat").read_bytes()
    n_refused = 0
    for place in range(128, len(whole) - 96):
        spoiled = bytearray(whole)
        spoiled[place] = 0x7F
        (tmp_path / "x.mat").write_bytes(spoiled)
        try:
            read_mat(tmp_path / "x.mat")
        except (DataError, ValueError):
            n_refused += 1
    assert n_refused > 20
