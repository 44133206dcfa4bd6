"""Voxels are read block by block from a mapped file: memory hardly grows with their number."""

import tracemalloc

import numpy as np

from pipeline.alignment import VoxelColumns, align
from pipeline.config import ScoreConfig

N_STIMULI = 100


def peak_bytes(folder, n_voxels):
    """Align a model with voxels in a file: the most memory that was held, and the file's bytes."""
    rng = np.random.default_rng(0)
    path = folder / f"{n_voxels}.npy"
    np.save(path, rng.random((N_STIMULI, n_voxels), dtype=np.float32))
    values = np.load(path, mmap_mode="r")
    rois = {"roi": VoxelColumns(values, np.arange(n_voxels))}
    features = {"layer": rng.standard_normal((N_STIMULI, 8))}
    settings = ScoreConfig(folds=2, inner_folds=2, trials=2)
    tracemalloc.start()
    align(features, rois, np.arange(N_STIMULI) // 2, settings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, values.nbytes


def test_memory_hardly_grows_with_voxels(tmp_path):
    few, small = peak_bytes(tmp_path, 100_000)
    many, large = peak_bytes(tmp_path, 400_000)
    assert many - few < (large - small) / 10, "some numbers a voxel are kept, and no responses"
    assert many < large / 2
