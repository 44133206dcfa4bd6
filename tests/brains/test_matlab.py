"""MATLAB 5 files are read as SciPy reads them, and no damage reaches outside their own bytes."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from flipped_bytes import flipped, flips
from hypothesis import given, settings
from scipy.io import loadmat, savemat

from pipeline.brains.formats.matlab import MatFile, numeric_arrays
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "digit69" / "digit69_28x28.mat"
TYPES = ("f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "bool")
MOST = 1 << 26


def read(path, names=None, most=MOST):
    with MatFile(path) as file:
        return numeric_arrays(file, most, names)


def headers(path):
    with MatFile(path) as file:
        return {name: variable.header for name, variable in file.variables.items()}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (3, 5), (2, 3, 4), (0, 3)])
def test_every_type_and_shape_is_read_as_scipy_reads_it(tmp_path, shape, compressed):
    rng = np.random.default_rng(0)
    # Names of up to 4 letters, and up to 4 bytes of numbers, share the 8 bytes of their tag.
    made = {f"{'a_long_' * (i % 2)}v{i}": rng.integers(0, 2, shape).astype(kind)
            for i, kind in enumerate(TYPES)}  # fmt: skip
    savemat(tmp_path / "x.mat", made, do_compression=compressed)
    expected = loadmat(tmp_path / "x.mat", mat_dtype=True)
    contents = read(tmp_path / "x.mat")
    assert list(contents) == list(made)
    for name, array in contents.items():
        np.testing.assert_array_equal(array, expected[name], strict=True)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(
    "dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">f8"]
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (5, 7), (300, 41)])
def test_one_array_is_read_from_beside_others(tmp_path, compress, dtype, shape):
    values = (np.random.default_rng(0).standard_normal(shape) * 50 + 60).astype(dtype)
    path = tmp_path / "a.mat"
    savemat(path, {"first": "text", "x": values, "wanted": values}, do_compression=compress)
    declared = headers(path)
    assert list(declared) == ["first", "x", "wanted"]
    assert not declared["first"].holds_numbers
    assert declared["wanted"].shape == shape
    contents = read(path, ["wanted"])
    assert list(contents) == ["wanted"]
    np.testing.assert_array_equal(contents["wanted"], loadmat(path)["wanted"])
    np.testing.assert_array_equal(contents["wanted"], values)


@pytest.mark.skipif(not REAL.is_file(), reason="the real file is not in ../shared/data/digit69")
def test_a_real_file_is_read_as_scipy_reads_it():
    expected = loadmat(REAL)
    contents = read(REAL)
    assert set(contents) == {name for name in expected if not name.startswith("__")}
    for name, array in contents.items():
        np.testing.assert_array_equal(array, expected[name])


def test_what_is_no_array_of_real_numbers_is_told_apart(tmp_path):
    path = tmp_path / "a.mat"
    variables = {
        "c": np.array([1j]),
        "s": {"a": 1},
        "l": np.array([[1], "a"], dtype=object),
        "n": 1.0,
    }
    savemat(path, variables)
    assert [(name, h.class_name, h.holds_numbers) for name, h in headers(path).items()] == [
        ("c", "double", False),
        ("s", "struct", False),
        ("l", "cell", False),
        ("n", "double", True),
    ]


@pytest.mark.parametrize("value", ["text", {"a": 1}, np.array([1, "x"], object), 1j * np.ones(3)])
def test_what_is_no_array_of_numbers_is_refused(tmp_path, value):
    savemat(tmp_path / "x.mat", {"thing": value})
    with pytest.raises(DataError, match=r"x\.mat: thing: expected an array of numbers"):
        read(tmp_path / "x.mat")


def test_all_that_is_no_array_of_numbers_is_named_at_once(tmp_path):
    savemat(tmp_path / "x.mat", {"one": "text", "good": np.ones(3), "two": {"a": 1}})
    with pytest.raises(DataError, match=r"(?s)x\.mat: one: .*x\.mat: two: ") as refusal:
        read(tmp_path / "x.mat")
    assert "good" not in str(refusal.value)


def test_an_object_of_a_class_is_passed_over_unless_it_is_asked_for(tmp_path):
    """MATLAB stores tables and strings as values of class opaque, which have no shape."""
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 4))})
    flags = np.array([6, 8, 17, 0], "<u4").tobytes()
    body = flags + np.array([1 | 3 << 16], "<u4").tobytes() + b"tab\0"
    tag = np.array([14, len(body)], "<u4").tobytes()
    (tmp_path / "x.mat").write_bytes((tmp_path / "x.mat").read_bytes() + tag + body)
    np.testing.assert_array_equal(read(tmp_path / "x.mat", ["a"])["a"], np.ones((3, 4)))
    with pytest.raises(DataError, match=r"x\.mat: tab: expected an array of numbers; found opaque"):
        read(tmp_path / "x.mat")


def test_a_missing_array_is_refused_with_those_there_are(tmp_path):
    savemat(tmp_path / "x.mat", {"one": np.ones(3), "two": np.ones(3)})
    with pytest.raises(DataError, match=r"x\.mat: three: expected .*; found one, two"):
        read(tmp_path / "x.mat", ["one", "three"])


@pytest.mark.parametrize("compressed", [False, True])
def test_more_bytes_than_allowed_are_refused(tmp_path, compressed):
    made = {"a": np.zeros((100, 100)), "b": np.zeros((100, 100))}
    savemat(tmp_path / "x.mat", made, do_compression=compressed)
    assert len(read(tmp_path / "x.mat", most=170_000)) == 2
    assert len(read(tmp_path / "x.mat", ["a"], most=90_000)) == 1
    with pytest.raises(DataError, match=r"x\.mat: expected at most 90000 bytes unfolded"):
        read(tmp_path / "x.mat", most=90_000)


def test_a_variable_that_unfolds_to_more_than_it_declares_is_refused(tmp_path):
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 4))})
    whole = (tmp_path / "x.mat").read_bytes()
    packed = zlib.compress(whole[128:] + bytes(1 << 24))
    tag = np.array([15, len(packed)], "<u4").tobytes()
    (tmp_path / "x.mat").write_bytes(whole[:128] + tag + packed)
    with pytest.raises(DataError, match=r"x\.mat: a: expected as many bytes as it declares"):
        read(tmp_path / "x.mat")


def test_bytes_after_the_numbers_are_refused(tmp_path):
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 4))})
    whole = (tmp_path / "x.mat").read_bytes()
    size = np.array([len(whole) - 136 + 8], "<u4").tobytes()
    (tmp_path / "x.mat").write_bytes(whole[:132] + size + whole[136:] + bytes(8))
    with pytest.raises(DataError, match=r"x\.mat: a: expected nothing but numbers; found 8 bytes"):
        read(tmp_path / "x.mat")


def test_the_old_version_4_is_refused(tmp_path):
    savemat(tmp_path / "x.mat", {"a": np.ones((3, 40))}, format="4")
    with pytest.raises(DataError, match="a MATLAB 5 file; found 128 first bytes of another kind"):
        read(tmp_path / "x.mat")


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
            read(tmp_path / "x.mat")
        except DataError:
            n_refused += 1
    assert n_refused > 20


@pytest.mark.parametrize("compress", [True, False])
def test_corruption_is_refused_or_changes_numbers_only(tmp_path, compress):
    path = tmp_path / "a.mat"
    savemat(path, {"x": np.eye(4), "y": np.ones((2, 3), dtype="u1")}, do_compression=compress)
    whole = path.read_bytes()

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(flips(len(whole), first=124, most=3))
    def corrupt(changes):
        path.write_bytes(flipped(whole, changes))
        try:
            for name, header in headers(path).items():
                if header.holds_numbers:
                    assert read(path, [name])[name].shape == header.shape
        except DataError:
            return

    corrupt()
