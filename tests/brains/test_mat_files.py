"""MATLAB 5 files are read as SciPy reads them, and no damage reaches outside their own bytes."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from pipeline.brains.bold5000.mat_files import mat_fields, read_mat


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(
    "dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">f8"]
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (5, 7), (300, 41)])
def test_numbers_are_what_scipy_reads(tmp_path, compress, dtype, shape):
    values = (np.random.default_rng(0).standard_normal(shape) * 50 + 60).astype(dtype)
    path = tmp_path / "a.mat"
    savemat(path, {"first": "text", "x": values, "wanted": values}, do_compression=compress)
    fields = {field.name: field for field in mat_fields(path)}
    assert list(fields) == ["first", "x", "wanted"]
    assert not fields["first"].numbers
    assert fields["wanted"].shape == shape
    found = read_mat(path, fields["wanted"])
    np.testing.assert_array_equal(found, loadmat(path)["wanted"])
    np.testing.assert_array_equal(found, values)


def test_what_is_no_array_of_real_numbers_is_told_apart(tmp_path):
    path = tmp_path / "a.mat"
    held = {"c": np.array([1j]), "s": {"a": 1}, "l": np.array([[1], "a"], dtype=object), "n": 1.0}
    savemat(path, held)
    assert [(f.name, f.kind, f.numbers) for f in mat_fields(path)] == [
        ("c", "double", False),
        ("s", "struct", False),
        ("l", "cell", False),
        ("n", "double", True),
    ]


@pytest.mark.parametrize("compress", [True, False])
def test_corruption_is_refused_or_changes_numbers_only(tmp_path, compress):
    path = tmp_path / "a.mat"
    savemat(path, {"x": np.eye(4), "y": np.ones((2, 3), dtype="u1")}, do_compression=compress)
    whole = path.read_bytes()

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(
        st.lists(
            st.tuples(st.integers(124, len(whole) - 1), st.integers(1, 255)), min_size=1, max_size=3
        )
    )
    def corrupt(changes):
        damaged = bytearray(whole)
        for place, flip in changes:
            damaged[place] ^= flip
        path.write_bytes(bytes(damaged))
        try:
            for field in mat_fields(path):
                if field.numbers:
                    assert read_mat(path, field).shape == field.shape
        except (ValueError, EOFError, zlib.error):
            return

    corrupt()
