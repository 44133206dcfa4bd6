"""Release 1.0 with flipped bytes is refused, or differs in numbers only."""

from contextlib import suppress
from dataclasses import replace

import pytest
from bold5000_files import load, same, write_release, write_rois
from flipped_bytes import flipped, flips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError


@pytest.fixture
def release(tmp_path):
    return tmp_path, write_release(tmp_path)


class TestCorruptedFiles:
    """A compressed .mat carries checksums; in .h5 and plain .mat the numbers themselves do not."""

    @pytest.fixture
    def small(self, release):
        directory, arrays = release
        (directory / "ROIs/CSI1/mat/CSI1_ROIs_TR34.mat").unlink()
        return directory, arrays["CSI1"]

    @pytest.mark.parametrize("form", ["mat", "h5", "plain mat"])
    def test_are_refused_or_change_nothing_but_numbers(self, small, form):
        directory, arrays = small
        path = write_rois(directory, "CSI1", arrays, form[-3:].strip(), compress=form == "mat")
        whole = path.read_bytes()
        clean = load(directory)

        @settings(max_examples=60, deadline=None, derandomize=True,
                  suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
        @given(flips(len(whole)))
        def corrupt(changes):
            path.write_bytes(flipped(whole, changes))
            try:
                read = load(directory)
            except DataError:
                return
            if not read.source.endswith("voxels left out: none"):
                read = replace(clean)  # a response became NaN or infinite: its voxel is gone
            assert same(read, clean)

        corrupt()

    def test_lists_are_refused_or_change_nothing(self, small):
        directory, arrays = small
        write_rois(directory, "CSI1", arrays)
        path = directory / "ROIs/stim_lists/CSI01_stim_lists.txt"
        whole = path.read_bytes()
        digest = load(directory).digest

        @settings(max_examples=60, deadline=None, derandomize=True)
        @given(st.integers(0, len(whole) - 1), st.integers(0, 255))
        def corrupt(place, value):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            with suppress(DataError):
                assert load(directory).digest == digest

        corrupt()
