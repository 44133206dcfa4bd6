"""Pereira's files cut short, corrupted or hostile are refused, or change nothing."""

import tracemalloc

import numpy as np
import pereira_files as files
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pereira_files import N384, load

from pipeline.errors import DataError


class TestDamagedFiles:
    @pytest.mark.parametrize("compressed", [True, False])
    def test_a_file_cut_short_anywhere_is_refused(self, tmp_path, compressed):
        path = files.write(tmp_path, "P01", N384, files.current(), compressed)
        content = path.read_bytes()
        ends = [0, 1, 100, 127, 129, 135, len(content) - 1]
        ends += np.random.default_rng(0).integers(130, len(content), 15).tolist()
        for end in ends:
            path.write_bytes(content[:end])
            with pytest.raises(DataError, match=r"P01/data_384sentences\.mat"):
                load(tmp_path, "384")

    @pytest.mark.parametrize(
        ("content", "message"),
        [(b"<html>" * 99, "a MATLAB 5 file; found 128 first bytes of another kind"),
         (b"\x89HDF\r\n\x1a\n" + bytes(200), r"\(-v6 or -v7\); found an HDF5 file"),
         (b"MATLAB 7.3 MAT-file" + bytes(200), r"found an HDF5 file \(-v7.3\)")],
    )  # fmt: skip
    def test_another_file_under_this_name_is_refused(self, tmp_path, content, message):
        (tmp_path / "P01").mkdir()
        (tmp_path / "P01" / N384).write_bytes(content)
        with pytest.raises(DataError, match=message):
            load(tmp_path, "384")

    def test_text_in_another_coding_is_refused(self, tmp_path):
        path = files.write(tmp_path, "P01", N384, files.current(), compressed=False)
        content = path.read_bytes().replace(b"Sentence 384-9 s", b"Sentence 384-9 \xff")
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"keySentences\{10\}.*: expected text in utf-8"):
            load(tmp_path, "384")

    def test_a_declared_size_beyond_reason_is_refused_before_reading(self, tmp_path):
        huge = np.zeros((384, 2), dtype=np.uint8)
        path = files.write(
            tmp_path, "P01", N384, files.current(examples_passagesentences=huge), compressed=False
        )
        declared = np.array([384, 2], dtype="<i4").tobytes()
        bomb = np.array([384, 2_000_000_000], dtype="<i4").tobytes()
        path.write_bytes(path.read_bytes().replace(declared, bomb))
        with pytest.raises(DataError, match=r"V from 1 to 1,000,000; found uint8 of shape"):
            load(tmp_path, "384")

    def test_a_compressed_bomb_is_refused_before_it_is_unpacked(self, tmp_path):
        bomb = {**files.meta(), "filler": np.zeros(300 << 20, dtype=np.uint8)}
        path = files.write(tmp_path, "P01", N384, files.current(meta=bomb))
        assert path.stat().st_size < 2 << 20
        del bomb
        tracemalloc.start()
        with pytest.raises(DataError, match="meta: expected at most 268,435,456 bytes; found 3"):
            load(tmp_path, "384")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 << 20


def facts(data):
    return (
        data.stimuli.items,
        data.stimuli.groups.tolist(),
        data.source,
        data.rois,
        list(data.subjects),
    )


@pytest.fixture(scope="module", params=[True, False], ids=["compressed", "plain"])
def small(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    path = files.write(folder, "P01", N384, files.current(), request.param)
    return request.param, path, path.read_bytes(), load(folder, "384")


def loaded_or_refused(folder):
    try:
        return load(folder, "384")
    except DataError as refusal:
        return refusal


class TestAnyCorruption:
    """Flipped bits, cut ends, foreign bytes: an error of ours or the very same data.

    MATLAB compresses by default, and a check sum then guards every byte that counts. Without
    compression (-v6) nothing guards the numbers and letters themselves: a flip inside them gives
    another number or letter and cannot be told from the truth. What is held there is that the
    result is well-formed and no error but ours escapes.
    """

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(corruption=st.data())
    def test_is_refused_or_changes_nothing(self, small, corruption):
        compressed, path, content, sound = small
        path.write_bytes(corrupted(content, corruption))
        data = loaded_or_refused(path.parents[1])
        if isinstance(data, DataError):
            assert N384 in str(data)
        elif compressed:
            assert data.digest == sound.digest
            assert facts(data) == facts(sound)
        else:
            assert len(data.stimuli) == 384
            assert data.subjects["P01"].values.dtype == np.float32


def corrupted(content, corruption):
    changed = bytearray(content)
    for _ in range(corruption.draw(st.integers(1, 4))):
        # Half of the changes go to where sizes and names are dense.
        near = corruption.draw(st.sampled_from([0, 128, len(content) - 20_000]))
        at = corruption.draw(st.integers(max(near, 0), len(content) - 1))
        if corruption.draw(st.booleans()):
            at = min(len(content) - 1, max(near, 0) + at % 400)
        changed[at] = corruption.draw(st.integers(0, 255))
    if corruption.draw(st.integers(0, 4)) == 0:
        del changed[corruption.draw(st.integers(0, len(content))) :]
    return bytes(changed)
