"""HDF5 matrices are read block by block, each number once, whatever their chunks."""

import h5py
import numpy as np
import pytest

from pipeline.brains.formats.hdf5 import array_blocks, unfit_for_reading


@pytest.mark.parametrize("chunks", [None, (1, 50), (40, 1), (7, 3), (40, 50)])
@pytest.mark.parametrize("block_bytes", [1, 400, 4 << 20])
def test_every_number_is_in_one_block(tmp_path, monkeypatch, chunks, block_bytes):
    monkeypatch.setattr("pipeline.brains.formats.hdf5._BLOCK_BYTES", block_bytes)
    values = np.random.default_rng(0).standard_normal((40, 50))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("x", data=values, chunks=chunks)
        seen, times = np.zeros((40, 50)), np.zeros((40, 50), dtype=int)
        for row, column, block in array_blocks(dataset):
            place = (slice(row, row + block.shape[0]), slice(column, column + block.shape[1]))
            seen[place] = block
            times[place] += 1
    np.testing.assert_array_equal(seen, values)
    assert (times == 1).all()


def test_chunks_that_unfold_to_too_much_are_told(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=np.zeros((100, 100)), chunks=(100, 100), compression="gzip")
        assert unfit_for_reading(file, "x", 1 << 20) is None
        assert unfit_for_reading(file, "x", 1000) == "chunks of (100, 100)"
        file["empty"] = h5py.Empty("f4")
        assert unfit_for_reading(file, "empty", 1000) == "an empty dataset"
