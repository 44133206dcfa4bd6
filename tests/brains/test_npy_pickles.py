"""Arrays come out of a pickle as they went in, and nothing in it is ever run."""

import builtins
import io
import os
import pickle
import subprocess
import time
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.brains.formats.npy_pickles import read_pickled_arrays
from pipeline.errors import DataError

RNG = np.random.default_rng(0)


def save(tmp_path, content):
    path = tmp_path / "subj1.npy"
    np.save(path, np.array(content, dtype=object), allow_pickle=True)
    return path


def with_pickle(tmp_path, pickled):
    """Put any pickle behind a sound header."""
    header = io.BytesIO()
    described = {"descr": "|O", "fortran_order": False, "shape": ()}
    np.lib.format.write_array_header_1_0(header, described)
    path = tmp_path / "subj1.npy"
    path.write_bytes(header.getvalue() + pickled)
    return path


@pytest.mark.parametrize("kind", ["<f8", "<f4", ">f8", "<f2", "<i2", "u1", "<i8"])
def test_arrays_come_back_exactly(tmp_path, kind):
    made = (RNG.normal(size=(20, 7)) * 20).astype(kind)
    read = read_pickled_arrays(save(tmp_path, {"language": made, "dmn": made[:, :3]}))
    np.testing.assert_array_equal(read["language"].numbers(), made)
    np.testing.assert_array_equal(read["dmn"].numbers(), made[:, :3])


def test_arrays_with_columns_first_come_back_exactly(tmp_path):
    made = np.asfortranarray(RNG.normal(size=(5, 7)))
    read = read_pickled_arrays(save(tmp_path, {"dmn": made}))["dmn"]
    assert read.order == "F"
    np.testing.assert_array_equal(read.numbers(), made)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("old_name", [False, True])
def test_every_protocol_and_name_that_numpy_has_used_is_read(tmp_path, protocol, old_name):
    made = RNG.normal(size=(3, 4))
    pickled = pickle.dumps(np.array({"dmn": made}, dtype=object), protocol)
    if old_name and protocol < 4:  # numpy 1; its protocol 4 states the length of the name
        pickled = pickled.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    read = read_pickled_arrays(with_pickle(tmp_path, pickled))
    np.testing.assert_array_equal(read["dmn"].numbers(), made)


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


# Protocol 5 names its own way to make arrays before anything inside them; numpy.save never uses it.
REFUSED = (
    r"posix system|nt system|\w+ eval|_?io open|(subprocess|commands) Popen|numpy.* _frombuffer"
)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("means", ["system", "eval", "open", "Popen"])
def test_a_pickle_that_tries_to_run_code_is_refused_by_name_and_runs_nothing(
    tmp_path, means, inside, protocol
):
    canary = tmp_path / "canary"
    call = {
        "system": Calls(os.system, f"touch {canary}"),
        "eval": Calls(builtins.eval, f"open({str(canary)!r}, 'w')"),
        "open": Calls(builtins.open, str(canary), "w"),
        "Popen": Calls(subprocess.Popen, ["touch", str(canary)]),
    }[means]
    content = np.array({"language": np.ones((2, 2)), "dmn": call}, dtype=object)
    path = with_pickle(tmp_path, pickle.dumps(content if inside else call, protocol))
    with pytest.raises(DataError, match=f"a call of '({REFUSED})'|the instruction"):
        read_pickled_arrays(path)
    assert not canary.exists()


@pytest.mark.parametrize("means", ["system", "eval"])
def test_the_canary_sings_where_pickles_are_trusted(tmp_path, means):
    canary = tmp_path / "canary"
    call = {
        "system": Calls(os.system, f"touch {canary}"),
        "eval": Calls(builtins.eval, f"open({str(canary)!r}, 'w').close()"),
    }[means]
    np.load(save(tmp_path, {"dmn": call}), allow_pickle=True)
    assert canary.exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([{"a": 1}, None], dtype=object), "dtype '|O8'|dtype 'O8'"),
        (np.float64(1.5), "a call of 'numpy.*scalar'"),
        (np.ma.masked_array([1.0]), "a call of 'numpy.*mrecords|a call of 'numpy.ma"),
        (np.zeros(2, dtype=[("a", "f8")]), "plain numbers"),
        (np.array(["text"]), "plain numbers"),
        (np.zeros(2, dtype="M8[s]"), "plain numbers"),
        (np.zeros(2, dtype="c16"), "plain numbers"),
        (OrderedDict(a=1), "a call of 'collections OrderedDict'"),
        ([1, 2], "key 'dmn': a numpy array; found list"),
        ("text", "key 'dmn': a numpy array; found str"),
        (None, "key 'dmn': a numpy array; found NoneType"),
    ],
)
def test_anything_but_plain_arrays_is_refused_by_name(tmp_path, value, message):
    with pytest.raises(DataError, match=f"subj1.npy: expected .*{message}"):
        read_pickled_arrays(save(tmp_path, {"dmn": value}))


def test_other_things_than_one_dictionary_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"array of one dictionary; found object of shape \(2,\)"):
        read_pickled_arrays(save(tmp_path, [{}, {}]))
    with pytest.raises(DataError, match="expected a dictionary; found str"):
        read_pickled_arrays(save(tmp_path, "text"))
    with pytest.raises(DataError, match="text as names and keys; found int"):
        read_pickled_arrays(save(tmp_path, {1: np.ones(2)}))
    np.save(tmp_path / "subj1.npy", np.ones((2, 2)))
    with pytest.raises(DataError, match=r"one dictionary; found float64 of shape \(2, 2\)"):
        read_pickled_arrays(tmp_path / "subj1.npy")


def test_a_shape_that_does_not_fit_its_bytes_is_refused(tmp_path):
    path = save(tmp_path, {"dmn": np.ones((3, 4))})
    path.write_bytes(path.read_bytes().replace(b"K\x03K\x04", b"K\x03K\x05"))
    with pytest.raises(DataError, match=r"120 bytes for shape \(3, 5\); found 96 bytes"):
        read_pickled_arrays(path)


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x04\x8e" + (1 << 62).to_bytes(8, "little") + b"x",  # a length beyond the file
        b"\x80\x02]r\xff\xff\xff\xff.",  # a memo of 32 GB in an ordinary unpickler
        b"\x80\x02)" + b"".join(b"q\x00h\x00\x86" for _ in range(60)) + b"}h\x00K\x01s.",  # 2**60
        b"\x80\x02" + b"(" * 9000 + b".",
        b"\x80\x02" + b"N" * 20_000 + b".",
        b"\x80\x02s.", b"\x80\x02u.", b"\x80\x02h\x05.", b"\x80\x02NNb.", b"\x80\x02R.", b".", b"",
        b"I" + b"9" * 100_000 + b"\n.",
    ],
)  # fmt: skip
def test_a_pickle_made_to_exhaust_or_confuse_is_refused_at_once(tmp_path, pickled):
    begun = time.monotonic()
    with pytest.raises(DataError, match=r"subj1\.npy"):
        read_pickled_arrays(with_pickle(tmp_path, pickled))
    assert time.monotonic() - begun < 2


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected a readable file; found FileNotFoundError"):
        read_pickled_arrays(tmp_path / "subj1.npy")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x09\x00", b"PK\x03\x04" * 50])
def test_another_file_under_this_name_is_refused(tmp_path, content):
    (tmp_path / "subj1.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"subj1\.npy: expected a \.npy file"):
        read_pickled_arrays(tmp_path / "subj1.npy")


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(corruption=st.data())
def test_any_corruption_is_refused_or_leaves_arrays_of_plain_numbers(tmp_path, corruption):
    """A .npy file has no check sum: flipped numbers cannot be told from the truth."""
    path = save(tmp_path, {"language": np.ones((6, 2)), "dmn": np.zeros((6, 3), dtype="f4")})
    changed = bytearray(path.read_bytes())
    for _ in range(corruption.draw(st.integers(1, 4))):
        at = corruption.draw(st.integers(0, len(changed) - 1))
        changed[at] = corruption.draw(st.integers(0, 255))
    if corruption.draw(st.booleans()):
        del changed[corruption.draw(st.integers(0, len(changed))) :]
    path.write_bytes(bytes(changed))
    outcome = read_or_refusal(path)
    if isinstance(outcome, DataError):
        assert "subj1.npy" in str(outcome)
    else:
        assert {array.numbers().dtype.kind for array in outcome.values()} <= set("fiu")


def read_or_refusal(path):
    try:
        return read_pickled_arrays(path)
    except DataError as refusal:
        return refusal
