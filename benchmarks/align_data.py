"""A simulated subject of any size for ``benchmarks.align``, its voxels in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment import VoxelColumns
from pipeline.config import ScoreConfig

N_SIGNALS = 20
# Against signals of variance 20 for each column: 2v2 of about 0.8 at the sizes of Pereira.
FEATURE_NOISE, VOXEL_NOISE = 6.0, 100.0
VOXELS_AT_ONCE = 4096


@dataclass(frozen=True)
class Sizes:
    """How large the subject, the model and the search are.

    Parameters
    ----------
    stimuli, group : int
        Stimuli, and how many make a stimulus group.
    layers, features : int
    voxels : tuple of int
        Of each ROI; the peer is measured on the first.
    whole_brain : int
        Voxels of the one large ROI.
    folds, inner, alphas : int
        Outer folds, inner folds and alphas.
    """

    stimuli: int
    group: int
    layers: int
    features: int
    voxels: tuple[int, ...]
    whole_brain: int
    folds: int
    inner: int
    alphas: int

    def settings(self) -> ScoreConfig:
        """Return the same grouped folds and alphas for all."""
        return ScoreConfig(folds=self.folds, inner_folds=self.inner, trials=self.alphas)

    def groups(self) -> NDArray[np.int64]:
        """Return the stimulus group of each stimulus."""
        return np.arange(self.stimuli) // self.group


# Pereira 2018's 627 sentences and GPT-2 small.
PEREIRA = Sizes(627, 3, 13, 768, (11437, 12829, 17190, 35120), 200_000, 10, 5, 20)
SMALL = Sizes(300, 3, 4, 384, (1800, 2000, 2700, 5500), 30_000, 6, 4, 12)


def simulate_features(sizes: Sizes, seed: int) -> dict[str, NDArray[np.float32]]:
    """Draw layers that share signals with every subject, each with noise of its own."""
    rng = np.random.default_rng([1, seed])
    signal = _signal(sizes)
    return {
        f"layer_{number:02d}": _readout(signal, sizes.features, FEATURE_NOISE, rng)
        for number in range(sizes.layers)
    }


def simulate_voxels(
    sizes: Sizes, n_voxels: int, path: Path, subject: int = 0
) -> NDArray[np.float32]:
    """Draw responses block by block into a file, and map it into memory for reading."""
    rng = np.random.default_rng([2, n_voxels, subject])
    signal = _signal(sizes)
    shape = (sizes.stimuli, n_voxels)
    responses = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    for start in range(0, n_voxels, VOXELS_AT_ONCE):
        width = min(VOXELS_AT_ONCE, n_voxels - start)
        responses[:, start : start + width] = _readout(signal, width, VOXEL_NOISE, rng)
    responses.flush()
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return mapped


def regions(values: NDArray[np.float32], voxels: tuple[int, ...]) -> dict[str, VoxelColumns]:
    """Cut a subject's voxels into ROIs, one after another."""
    ends = np.cumsum(voxels)
    return {
        f"roi_{number}": VoxelColumns(values, np.arange(end - size, end))
        for number, (size, end) in enumerate(zip(voxels, ends, strict=True))
    }


def _signal(sizes: Sizes) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((sizes.stimuli, N_SIGNALS), dtype=np.float32)


def _readout(
    signal: NDArray[np.float32], n_columns: int, noise: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    weights = rng.standard_normal((N_SIGNALS, n_columns), dtype=np.float32)
    own = rng.standard_normal((len(signal), n_columns), dtype=np.float32)
    values: NDArray[np.float32] = signal @ weights + np.float32(noise) * own
    return values
