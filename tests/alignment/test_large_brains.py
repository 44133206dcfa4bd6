"""Voxels that fit into no memory are encoded in little, whatever their number."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.memory import Shape, measure, write_voxels
from pipeline.alignment import columns


@pytest.mark.slow  # writes 1.2 GB, and encodes it in a process of its own: half a minute of CPU
def test_a_tenth_of_three_hundred_thousand_voxels_is_encoded_in_one_gigabyte(tmp_path):
    """Gram matrices of all folds would take 4.8 GB."""
    shape = Shape(stimuli=10_000, voxels=30_000, layers=1, features=64, folds=3)
    write_voxels(shape, tmp_path / "data.npy")
    peak = measure(shape, tmp_path / "data.npy")
    assert peak.most < 1.0
    assert peak.two_vs_two > 0.9


@pytest.mark.slow  # writes 0.2 GB, decodes from it in a process of its own: a minute of CPU
def test_five_thousand_stimuli_are_decoded_in_little_more_than_their_kernel(tmp_path):
    """Gram matrices of all folds would take 1.2 GB, the kernel alone takes 0.2 GB."""
    shape = Shape(stimuli=5000, voxels=10_000, layers=1, features=64, folds=3)
    write_voxels(shape, tmp_path / "data.npy")
    peak = measure(shape, tmp_path / "data.npy", "decoding")
    assert peak.most - peak.before < 0.7
    assert peak.two_vs_two > 0.8


SMAPS = Path("/proc/self/smaps")


def resident_bytes(path):
    """Count the bytes of a mapped file that this process holds in memory."""
    inside, total = False, 0
    for line in SMAPS.read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            total += 1024 * int(line.split()[1])
    return total


@pytest.mark.skipif(not SMAPS.exists(), reason="Linux says what of a file is in memory")
def test_pages_of_a_mapped_file_are_let_go_as_blocks_are_read(tmp_path, monkeypatch):
    path = tmp_path / "voxels.npy"
    np.save(path, np.ones((64, 65_536), dtype=np.float32))  # 16 MB
    monkeypatch.setattr(columns, "READ_BYTES", 2**20)
    mapped = np.load(path, mmap_mode="r")
    mapped.sum()
    assert resident_bytes(path) > 0.9 * mapped.nbytes, "what is only read stays"
    for _ in columns.column_blocks(mapped):
        pass
    assert resident_bytes(path) < 0.1 * mapped.nbytes
    view = columns.VoxelColumns(mapped, np.arange(65_536))
    assert sum(block.sum() for _, block in columns.column_blocks(view)) == mapped.size
    assert resident_bytes(path) < 0.1 * mapped.nbytes
