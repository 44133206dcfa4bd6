"""A damaged byte of a file gives one refusal, or a dataset that can be accounted for."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from array_folders import WRITERS, content, load, table, write_mat
from brain_settings import brain_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.brains import BRAINS
from pipeline.brains.prepared import read_canonical, write_canonical
from pipeline.errors import DataError

KINDS = {
    **WRITERS,
    ".npz deflated": lambda path, arrays: np.savez_compressed(path, **arrays),
    ".mat deflated": lambda path, arrays: write_mat(path, arrays, do_compression=True),
}
CHECKED = {".npz", ".npz deflated", ".mat deflated"}
damages = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=3
)
seeded = settings(max_examples=120, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def folders():
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def damage(path, damaged):
    whole = bytearray(path.read_bytes())
    for place, byte in damaged:
        whole[int(place * len(whole))] = byte
    path.write_bytes(whole)


def attempt(read):
    """Give what is read, or None and the refusal; every other error goes through."""
    try:
        return read(), ""
    except DataError as refusal:
        return None, str(refusal)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_arrays_are_refused_or_differ_in_numbers_only(folders, kind):
    """Where the format has a checksum, the dataset that is not refused is the same."""
    suffix = kind.split()[0]
    folder = folders / kind.replace(" ", "-")
    folder.mkdir()
    KINDS[kind](table(folder) / f"s1{suffix}", content(rows=np.arange(6)))
    sound, path = load(folder), folder / f"s1{suffix}"
    whole = path.read_bytes()

    @seeded
    @given(damages)
    def check(damaged):
        path.write_bytes(whole)
        damage(path, damaged)
        read, refusal = attempt(lambda: load(folder))
        if read is None:
            assert "s1" in refusal
            return
        assert read.stimuli.digest == sound.stimuli.digest
        assert list(read.subjects) == ["s1"]
        if kind in CHECKED:
            assert read.digest == sound.digest

    check()


def test_a_damaged_table_is_refused_or_read_as_the_text_it_now_is(folders):
    folder = folders / "table"
    folder.mkdir()
    np.savez(table(folder) / "s1.npz", **content())
    whole = (folder / "stimuli.csv").read_bytes()

    @seeded
    @given(damages)
    def check(damaged):
        (folder / "stimuli.csv").write_bytes(whole)
        damage(folder / "stimuli.csv", damaged)
        read, refusal = attempt(lambda: load(folder))
        assert "stimuli.csv" in refusal if read is None else len(read.stimuli) == 6

    check()


@pytest.mark.parametrize(
    "part",
    ["dataset.json", "stimuli.jsonl", "subject-000/small.npz", "subject-001/responses.npy"],
)
def test_a_damaged_copy_is_refused_when_verified_or_is_equal(folders, part):
    made = BRAINS["simulated-sentences"].load(brain_settings(n_stimuli=8, n_voxels=2))
    folder = folders / part.replace("/", "-")
    write_canonical(made, folder)
    whole = (folder / part).read_bytes()

    @settings(seeded, max_examples=40)
    @given(damages)
    def check(damaged):
        (folder / part).write_bytes(whole)
        damage(folder / part, damaged)
        read, refusal = attempt(lambda: read_canonical(folder, verify=True))
        if read is None:
            assert folder.name in refusal
            return
        assert (read.digest, read.name, read.source) == (made.digest, made.name, made.source)

    check()
    shutil.rmtree(folder)
