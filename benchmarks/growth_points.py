"""Points of ``benchmarks.growth``: lines of JSON, a table with exponents, and a figure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

#: What grows, in the order of the table and the figure.
AXES = ("stimuli", "voxels", "models", "subjects", "workers")


@dataclass(frozen=True)
class Point:
    """What one size took.

    Parameters
    ----------
    axis : str
        What grew: one of :data:`AXES`.
    size : int
    cpu, clock : float
        Seconds of all processes together, and seconds that passed.
    gigabytes : float
        Most memory held above the start.
    """

    axis: str
    size: int
    cpu: float
    clock: float
    gigabytes: float

    @property
    def seconds(self) -> float:
        """Time that the axis is about: workers shorten what passes, all else is work."""
        return self.clock if self.axis == "workers" else self.cpu


def line_of(point: Point) -> str:
    """Write a point as a line of JSON."""
    return json.dumps(asdict(point))


def read_points(folder: Path) -> list[Point]:
    """Read the points of every file of a folder, whatever other lines stand among them.

    In the order of :data:`AXES`, sizes from the smallest.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    lines = [line for path in files for line in path.read_text().splitlines()]
    points = [Point(**json.loads(line)) for line in lines if line.startswith('{"axis"')]
    return sorted(points, key=lambda point: (AXES.index(point.axis), point.size))


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Fit the power with which a quantity grows, by least squares in logarithms."""
    size, quantity = np.log(np.array(points)).T
    return float(np.polyfit(size, quantity, 1)[0])


def table_of(points: Sequence[Point]) -> str:
    """Write a Markdown table for each axis: seconds, gigabytes, and the powers they grow with."""
    return "\n\n".join("\n".join(_rows(name, own)) for name, own in _by_axis(points))


def _rows(name: str, points: Sequence[Point]) -> Iterator[str]:
    sizes = [f"{point.size:,}" for point in points]
    yield _row(name, *sizes, "power", "power, last two")
    yield _row("---", *("---:" for _ in sizes), "---:", "---:")
    clock = "seconds passed" if name == "workers" else "CPU seconds"
    for label, quantity in ((clock, "seconds"), ("GB held", "gigabytes")):
        values = [(point.size, getattr(point, quantity)) for point in points]
        powers = [_power(values), _power(values[-2:])]
        yield _row(label, *(f"{value:.3g}" for _, value in values), *powers)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _power(values: Sequence[tuple[float, float]]) -> str:
    """Write an exponent; nothing for a single point, or where none was held above the start."""
    if len(values) < 2 or min(value for _, value in values) <= 0:
        return ""
    return f"{exponent(values):.2f}"


def draw(points: Sequence[Point], path: Path) -> None:
    """Draw time and memory of every axis in logarithms.

    Parameters
    ----------
    points : sequence of Point
    path : Path
        Of the picture.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullLocator

    by_axis = _by_axis(points)
    figure, panels = plt.subplots(
        *(2, len(by_axis)),
        figsize=(2.6 * len(by_axis), 4.2),
        sharex="col",
        sharey="row",
        squeeze=False,
    )
    quantities = {"seconds": "seconds", "gigabytes": "memory held, GB"}
    for column, (name, own) in enumerate(by_axis):
        for row, (quantity, label) in enumerate(quantities.items()):
            panel = panels[row, column]
            values = [(point.size, getattr(point, quantity)) for point in own]
            panel.loglog(*zip(*values, strict=True), "o-", color="black")
            panel.set_title(f"{name}: power {_power(values)}", fontsize=9)
            panel.set_ylabel(label if column == 0 else "")
            sizes = [n for n, _ in values]
            panel.set_xticks(sizes, [f"{n:,}" for n in sizes], rotation=45, ha="right")
            panel.xaxis.set_minor_locator(NullLocator())
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
            panel.yaxis.set_major_formatter("{x:g}")
            panel.yaxis.set_minor_locator(NullLocator())
        panels[1, column].set_xlabel(name)
    figure.align_xlabels()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def _by_axis(points: Iterable[Point]) -> list[tuple[str, list[Point]]]:
    return [(name, list(own)) for name, own in itertools.groupby(points, lambda point: point.axis)]
