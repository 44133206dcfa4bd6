"""Growth of an alignment's time and memory with stimuli, voxels, models, subjects and workers.

    python -m benchmarks.growth
    python -m benchmarks.growth --small                     # two points of each axis
    python -m benchmarks.growth --axis voxels > points/voxels.jsonl    # one axis, one thread
    python -m benchmarks.growth --from points --draw docs/growth.svg   # table, exponents, figure

One quantity grows, the others stay at 600 stimuli, 4,000 voxels in one ROI and one model of two
layers with 768 features; 4 outer and 4 inner folds, 20 alphas, both directions. Along stimuli there
are two folds of both kinds and one layer, so that 10,000 end within minutes; along workers, 16
subjects of 8,000 voxels are aligned with four layers. Every point has a process of its own and
prints a line of JSON: seconds of the CPU and of the clock, and the most memory that the process and
its workers held themselves, above what the process held before. BLAS has one thread in each.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.align_data import Sizes, regions, simulate_features, simulate_voxels
from benchmarks.growth_points import AXES, Point, draw, line_of, read_points, table_of
from benchmarks.held_memory import watched
from pipeline.alignment import VoxelColumns, align
from pipeline.alignment.dataset.units import Unit, compute_units
from pipeline.alignment.kernel.shared_grams import SharedGrams
from pipeline.config import ComputeConfig

Features = Mapping[str, NDArray[np.float32]]
Rois = Mapping[str, VoxelColumns]

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
TWO_FOLDS = replace(START, layers=1, folds=2, inner=2)
LARGER = replace(START, layers=4, voxels=(8000,))
TINY = replace(TWO_FOLDS, stimuli=60, voxels=(100,), features=32, alphas=2)
N_SUBJECTS = 16  # that workers share
STIMULI = (300, 600, 1200, 2500, 5000, 10_000)
VOXELS = (1000, 3000, 10_000, 30_000, 100_000, 300_000)
MODELS = (1, 2, 4, 10, 20, 40)
SUBJECTS = (1, 2, 4, 8, 16)
WORKERS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Work:
    """Alignments that one point measures.

    Parameters
    ----------
    sizes : Sizes
        Of every subject and model.
    models, subjects : int
    workers : int
        Processes; 0: the measured process itself.
    """

    sizes: Sizes = START
    models: int = 1
    subjects: int = 1
    workers: int = 0


def main() -> None:
    """Measure and print axes point by point, or put together what was measured."""
    options = _options()
    if options.folder:
        points = read_points(options.folder)
    else:
        points = [
            _measure(axis, size, work)
            for axis, works in axes(os.cpu_count() or 1).items()
            if options.axis in {None, axis}
            for size, work in list(works.items())[: 2 if options.small else None]
        ]
    if options.folder or options.axis is None:
        print(table_of(points))
    if options.draw:
        draw(points, options.draw)


def axes(n_cores: int) -> dict[str, Mapping[int, Work]]:
    """Give the work of every point, by axis and size; no more workers than there are cores."""
    return {
        "stimuli": {n: Work(replace(TWO_FOLDS, stimuli=n)) for n in STIMULI},
        "voxels": {n: Work(replace(START, voxels=(n,))) for n in VOXELS},
        "models": {n: Work(models=n) for n in MODELS},
        "subjects": {n: Work(subjects=n) for n in SUBJECTS},
        "workers": {
            n: Work(LARGER, subjects=N_SUBJECTS, workers=n) for n in WORKERS if n <= n_cores
        },
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="the first two points of each axis")
    parser.add_argument("--axis", choices=AXES, help="one of them, lines alone")
    parser.add_argument(
        "--from", type=Path, dest="folder", help="read lines of these files instead"
    )
    parser.add_argument("--draw", type=Path, help="draw the points into this file")
    return parser.parse_args()


def _measure(axis: str, size: int, work: Work) -> Point:
    """Align in a process of its own, whose memory nothing else has touched, and print the line."""
    # one of a multiprocessing.Pool could not start workers
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        point = Point(axis, size, *pool.submit(_align, work).result())
    print(line_of(point), flush=True)
    return point


def _align(work: Work) -> tuple[float, float, float]:
    """Give seconds of the CPU and of the clock, and gigabytes."""
    align_all = _align_by_workers if work.workers else _align_here
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        _align_here(*_inputs(Work(TINY), folder))  # imports what is imported late
        _, models, subjects = _inputs(work, folder)
        cpu, clock = _cpu_seconds(), time.perf_counter()
        with watched(children=work.workers > 0) as memory:
            align_all(work, models, subjects)
        seconds = time.perf_counter() - clock
        get_reusable_executor().shutdown()  # the CPU seconds of workers count once they have ended
        return _cpu_seconds() - cpu, seconds, memory.most - memory.before


def _align_here(work: Work, models: Sequence[Features], subjects: Sequence[Rois]) -> None:
    shared, settings, groups = SharedGrams(), work.sizes.settings(), work.sizes.groups()
    for features, rois in itertools.product(models, subjects):
        align(features, rois, groups, settings, form=shared)


def _align_by_workers(work: Work, models: Sequence[Features], subjects: Sequence[Rois]) -> None:
    settings, groups = work.sizes.settings(), work.sizes.groups()
    units = [
        Unit(f"alignment {n}", align, (features, rois, groups, settings))
        for n, (features, rois) in enumerate(itertools.product(models, subjects))
    ]
    list(compute_units(units, ComputeConfig(workers=work.workers, threads=1)))


def _inputs(work: Work, folder: str) -> tuple[Work, list[Features], list[Rois]]:
    sizes = work.sizes

    def rois(subject: int) -> Rois:
        path = Path(folder) / f"subject_{subject:02d}.npy"
        return regions(simulate_voxels(sizes, sum(sizes.voxels), path, subject), sizes.voxels)

    models: list[Features] = [simulate_features(sizes, n) for n in range(work.models)]
    return work, models, [rois(number) for number in range(work.subjects)]


def _cpu_seconds() -> float:
    """Count seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
