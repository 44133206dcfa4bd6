"""Growth of an alignment's time and memory with stimuli, voxels and models, and its exponents.

    python -m benchmarks.growth
    python -m benchmarks.growth --small    # two points of each, 20 seconds
    python -m benchmarks.growth --series voxels --points growth.csv    # points are added to a file
    python -m benchmarks.growth --points growth.csv --draw docs/growth.svg    # and drawn

One quantity grows, the others stay at 600 stimuli, 4,000 voxels in one ROI and one model of two
layers with 768 features; 4 outer and 4 inner folds, 20 alphas, both directions. Every point has a
process of its own: CPU seconds of reading and scoring, and the peak of memory above what it starts
with. Exponents are slopes in logarithms over all points, and over the last two.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

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
    """Measure and print every series, or draw what was measured."""
    options = _options()
    if options.draw:
        draw(pd.read_csv(options.points), options.draw)
        return
    for name, sizes in _series():
        if options.series in {None, name}:
            points = [_measure(*each) for each in sizes[: 2 if options.small else None]]
            _say(name, points)
            if options.points:
                rows = pd.DataFrame([{"series": name, **asdict(point)} for point in points])
                rows.to_csv(
                    options.points, mode="a", index=False, header=not options.points.exists()
                )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="fewer points")
    parser.add_argument("--series", choices=[name for name, _ in _series()], help="one of them")
    parser.add_argument("--points", type=Path, help="a file that points are added to")
    parser.add_argument("--draw", type=Path, help="draw the points into this file")
    return parser.parse_args()


def _say(name: str, points: Sequence[Point]) -> None:
    for point in points:
        print(f"{name} {point.size}: {point.seconds:.1f} s, {point.gigabytes:.2f} GB", flush=True)
    last = exponent([(p.size, p.seconds) for p in points[-2:]])
    overall = exponent([(p.size, p.seconds) for p in points])
    memory = exponent([(p.size, p.gigabytes) for p in points])
    print(
        f"{name}: time grows with the power {overall:.2f}, {last:.2f} at the end; memory with "
        f"{memory:.2f}",
        flush=True,
    )


def draw(points: pd.DataFrame, path: Path) -> None:
    """Draw time and memory of every series on logarithmic axes.

    Parameters
    ----------
    points : DataFrame
        series, size, seconds, gigabytes.
    path : Path
        Of the picture.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    quantities = {"seconds": "CPU seconds", "gigabytes": "peak memory, GB"}
    names = list(points.series.unique())
    figure, axes = plt.subplots(
        2, len(names), figsize=(2.6 * len(names), 4.2), sharey="row", squeeze=False
    )
    for column, name in enumerate(names):
        own = points[points.series == name].sort_values("size")
        for row, (quantity, label) in enumerate(quantities.items()):
            axis = axes[row, column]
            axis.loglog(own["size"], own[quantity], "o-", color="black")
            power = exponent(list(zip(own["size"], own[quantity], strict=True)))
            axis.set_title(f"{name}: power {power:.2f}", fontsize=9)
            axis.set_ylabel(label if column == 0 else "")
            axis.set_xticks(own["size"], [f"{size:,}" for size in own["size"]])
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.minorticks_off()
        axes[1, column].set_xlabel(name)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


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
        before = _fresh_peak_gb()
        shared, start = SharedGrams(), time.process_time()
        for features in models:
            align(features, rois, sizes.groups(), sizes.settings(), form=shared)
        return time.process_time() - start, _peak_gb() - before


def _fresh_peak_gb() -> float:
    """Let Linux forget the peak that making the data came to, and give what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_gb()


def _peak_gb() -> float:
    (line,) = (s for s in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in s)
    return int(line.split()[1]) / 2**20


if __name__ == "__main__":
    main()
