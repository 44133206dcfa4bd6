"""Growth of an alignment's time and memory with stimuli, voxels and models, and its exponents.

    python -m benchmarks.growth
    python -m benchmarks.growth --small    # two points of each, 20 seconds

One quantity grows, the others stay at 600 stimuli, 4,000 voxels in one ROI and one model of two
layers with 768 features; 4 outer and 4 inner folds, 20 alphas, both directions. Every point has a
process of its own: CPU seconds of reading and scoring, and the peak of memory above what it starts
with. Exponents are slopes in logarithms over all points, and over the last two.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.align_data import Sizes, regions, simulate_features, simulate_voxels
from pipeline.alignment import align
from pipeline.alignment.kernel.grams import SharedGrams

START = Sizes(
    stimuli=600,
    group=3,
    layers=2,
    features=768,
    voxels=(4000,),
    whole_brain=0,
    folds=4,
    inner=4,
    alphas=20,
)
STIMULI = (300, 600, 1200)
VOXELS = (1000, 10_000, 100_000)
MODELS = (1, 2, 4)


@dataclass(frozen=True)
class Point:
    """What one size took.

    Parameters
    ----------
    size : int
    seconds : float
        Of the CPU.
    gigabytes : float
        Peak of memory above the start.
    """

    size: int
    seconds: float
    gigabytes: float


def main() -> None:
    """Measure and print every series."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="fewer points")
    n_points = 2 if parser.parse_args().small else None
    for name, sizes in _series():
        points = [_measure(*each) for each in sizes[:n_points]]
        for point in points:
            print(
                f"{name} {point.size}: {point.seconds:.1f} s, {point.gigabytes:.2f} GB", flush=True
            )
        last = exponent([(p.size, p.seconds) for p in points[-2:]])
        overall = exponent([(p.size, p.seconds) for p in points])
        memory = exponent([(p.size, p.gigabytes) for p in points])
        print(
            f"{name}: time grows with the power {overall:.2f}, {last:.2f} at the end; memory with "
            f"{memory:.2f}",
            flush=True,
        )


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Fit the power with which a quantity grows, by least squares in logarithms."""
    size, quantity = np.log(np.array(points)).T
    return float(np.polyfit(size, quantity, 1)[0])


def _series() -> Iterator[tuple[str, list[tuple[int, Sizes, int]]]]:
    yield "stimuli", [(n, replace(START, stimuli=n), 1) for n in STIMULI]
    yield "voxels", [(n, replace(START, voxels=(n,)), 1) for n in VOXELS]
    yield "models", [(n, START, n) for n in MODELS]


def _measure(size: int, sizes: Sizes, n_models: int) -> Point:
    """Align in a process of its own, whose memory nothing else has touched."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return Point(size, *pool.apply(_align, (sizes, n_models)))


def _align(sizes: Sizes, n_models: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subject.npy"
        rois = regions(simulate_voxels(sizes, sum(sizes.voxels), path), sizes.voxels)
        models = [simulate_features(sizes, seed) for seed in range(n_models)]
        shared, start, before = SharedGrams(), time.process_time(), _peak_gb()
        for features in models:
            align(features, rois, sizes.groups(), sizes.settings(), form=shared)
        return time.process_time() - start, _peak_gb() - before


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
