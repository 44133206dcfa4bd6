"""Outlines of the simulated shapes as signed distances, all within the unit circle."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]
Outline = Callable[[Field, Field], Field]


def _circle(x: Field, y: Field) -> Field:
    return np.hypot(x, y) - 0.8


def _ring(x: Field, y: Field) -> Field:
    return np.abs(np.hypot(x, y) - 0.66) - 0.2


def _crescent(x: Field, y: Field) -> Field:
    return np.maximum(np.hypot(x, y) - 0.9, 0.7 - np.hypot(x - 0.45, y))


def _box(x: Field, y: Field, half_width: float, half_height: float) -> Field:
    dx, dy = np.abs(x) - half_width, np.abs(y) - half_height
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return outside + np.minimum(np.maximum(dx, dy), 0)


def _square(x: Field, y: Field) -> Field:
    return _box(x, y, 0.66, 0.66)


def _bar(x: Field, y: Field) -> Field:
    return _box(x, y, 0.95, 0.26)


def _cross(x: Field, y: Field) -> Field:
    return np.minimum(_box(x, y, 0.88, 0.26), _box(x, y, 0.26, 0.88))


def _polygon(corners: NDArray[np.float64]) -> Outline:
    """Signed distance to a polygon: nearest edge, negative where a ray leaves an odd number."""
    start, end = corners, np.roll(corners, -1, axis=0)
    edge = end - start
    length2 = (edge**2).sum(axis=1)

    def outline(x: Field, y: Field) -> Field:
        px = x[..., np.newaxis] - start[:, 0]
        py = y[..., np.newaxis] - start[:, 1]
        along = np.clip((px * edge[:, 0] + py * edge[:, 1]) / length2, 0, 1)
        distance = np.hypot(px - along * edge[:, 0], py - along * edge[:, 1]).min(axis=-1)
        rising = (start[:, 1] <= y[..., np.newaxis]) != (end[:, 1] <= y[..., np.newaxis])
        slope = edge[:, 0] / np.where(edge[:, 1] == 0, 1, edge[:, 1])
        crossings = (rising & (px < py * slope)).sum(axis=-1)
        return np.asarray(np.where(crossings % 2 == 1, -distance, distance))

    return outline


def _corners(n: int, radii: tuple[float, ...]) -> NDArray[np.float64]:
    angles = 2 * math.pi * np.arange(n) / n - math.pi / 2
    radius = np.resize(np.array(radii), n)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)


def _heart_corners() -> NDArray[np.float64]:
    t = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x, -y - 2.5], axis=1) / 17.5


OUTLINES: dict[str, Outline] = {
    "circle": _circle,
    "square": _square,
    "triangle": _polygon(_corners(3, (0.95,))),
    "star": _polygon(_corners(10, (1.0, 0.42))),
    "cross": _cross,
    "ring": _ring,
    "heart": _polygon(_heart_corners()),
    "bar": _bar,
    "crescent": _crescent,
}

# How round, long, hollow and pointed each shape is.
SHAPE_TRAITS: dict[str, NDArray[np.float64]] = {
    "circle": np.array([1.0, 0.0, 0.0, 0.0]),
    "square": np.array([0.0, 0.0, 0.0, 0.5]),
    "triangle": np.array([0.0, 0.0, 0.0, 0.8]),
    "star": np.array([0.0, 0.0, 0.3, 1.0]),
    "cross": np.array([0.0, 0.3, 0.4, 0.5]),
    "ring": np.array([1.0, 0.0, 1.0, 0.0]),
    "heart": np.array([0.6, 0.0, 0.0, 0.4]),
    "bar": np.array([0.0, 1.0, 0.0, 0.5]),
    "crescent": np.array([0.7, 0.6, 0.6, 0.6]),
}
