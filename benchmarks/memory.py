"""Memory that aligning a subject takes whose voxels lie on disk and fit into no memory.

    python -m benchmarks.memory --write          # 12 GB into data.npy, a minute or two
    python -m benchmarks.memory                  # align, and print the peak
    python -m benchmarks.memory --stimuli 10000 --voxels 30000    # a tenth, here and now
    python -m benchmarks.memory --direction decoding              # the voxels predict the layer
    python -m benchmarks.memory --direction decoding --fold 0     # in one outer fold alone

Without a file of the sizes asked for, it is written first and deleted afterwards. The peak is that
of a process of its own, with all that it has loaded, looked at 20 times a second: of what it holds
itself (:mod:`benchmarks.held_memory`), and of all that is resident, with pages of the mapped file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.align_data import N_SIGNALS, VOXEL_NOISE
from benchmarks.held_memory import gigabytes, watched
from pipeline.alignment import align
from pipeline.config import ScoreConfig
from pipeline.words import DIRECTIONS, Direction

ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class Shape:
    """Sizes of the subject and the model, and the outer and inner folds.

    Parameters
    ----------
    stimuli, voxels, layers, features, folds : int
    fold : int
        The one outer fold that is scored; -1: all.
    """

    stimuli: int
    voxels: int
    layers: int
    features: int
    folds: int
    fold: int = -1

    @property
    def gigabytes(self) -> float:
        """Of the voxels, in float32."""
        return 4 * self.stimuli * self.voxels / 2**30


@dataclass(frozen=True)
class Peak:
    """What the alignment took.

    Parameters
    ----------
    before, most, resident : float
        Gigabytes that the process itself held before, and at the most; and with mapped pages.
    seconds : float
        Of the CPU.
    two_vs_two : float
        Mean over folds and layers: that voxels were read.
    """

    before: float
    most: float
    resident: float
    seconds: float
    two_vs_two: float


def main() -> None:
    """Write, or align and print."""
    shape, options = _options()
    path = Path(options.file)
    if options.write:
        write_voxels(shape, path)
        print(f"{path}: {shape.gigabytes:.1f} GB")
    elif path.exists():
        _report(shape, path, options.direction)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.npy"
            write_voxels(shape, path)
            _report(shape, path, options.direction)


def _report(shape: Shape, path: Path, direction: Direction) -> None:
    peak = measure(shape, path, direction)
    print(
        f"{direction}, {shape}: {shape.gigabytes:.1f} GB on disk, peak {peak.most:.2f} GB, "
        f"{peak.resident:.2f} GB with mapped pages, {peak.before:.2f} GB before it began; "
        f"CPU {peak.seconds:.0f} s, 2v2 {peak.two_vs_two:.3f}"
    )


def write_voxels(shape: Shape, path: Path) -> None:
    """Write responses that share signals with the features, some rows at a time."""
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((N_SIGNALS, shape.voxels), dtype=np.float32)
    signal = _signal(shape)
    header = {"descr": "<f4", "fortran_order": False, "shape": (shape.stimuli, shape.voxels)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, shape.stimuli, ROWS_AT_ONCE):
            rows = signal[start : start + ROWS_AT_ONCE] @ weights
            rows += VOXEL_NOISE * rng.standard_normal(rows.shape, dtype=np.float32)
            file.write(rows.astype("<f4").tobytes())


def measure(shape: Shape, path: Path, direction: Direction = "encoding") -> Peak:
    """Align in a process of its own, whose memory nothing else has touched."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_align, (shape, path, direction))


def _align(shape: Shape, path: Path, direction: Direction) -> Peak:
    rng = np.random.default_rng(2)
    values: NDArray[np.float32] = np.load(path, mmap_mode="r")
    signal = _signal(shape)
    features = {
        f"layer_{n:02d}": signal
        @ rng.standard_normal((N_SIGNALS, shape.features), dtype=np.float32)
        + 6 * rng.standard_normal((shape.stimuli, shape.features), dtype=np.float32)
        for n in range(shape.layers)
    }
    settings = ScoreConfig(folds=shape.folds, fold=shape.fold, inner_folds=shape.folds, trials=10)
    groups = np.arange(shape.stimuli) // 2
    start = time.process_time()
    with watched() as memory:
        table = align(features, {"brain": values}, groups, settings, directions=[direction])
    seconds = time.process_time() - start
    two_vs_two = float(table.two_vs_two.mean())
    return Peak(memory.before, memory.most, gigabytes("VmHWM"), seconds, two_vs_two)


def _signal(shape: Shape) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((shape.stimuli, N_SIGNALS), dtype=np.float32)


def _options() -> tuple[Shape, argparse.Namespace]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sizes = {"stimuli": 10_000, "voxels": 300_000, "layers": 1, "features": 128}
    sizes |= {"folds": 3, "fold": -1}
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--file", default="data.npy", help="where the voxels are, or will be")
    parser.add_argument("--direction", choices=DIRECTIONS, default="encoding")
    parser.add_argument("--write", action="store_true", help="write them, and no more")
    options = parser.parse_args()
    return Shape(*(getattr(options, name) for name in sizes)), options


if __name__ == "__main__":
    main()
