"""Layouts of the simulated scenes: how a darker and a brighter tone share the background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.worlds.outlines import Field

Scene = Callable[[Field, Field, float], Field]
"""(x, y, phase), all within 0 to 1, give the share of the brighter tone within 0 to 1."""


def _plain(x: Field, y: Field, phase: float) -> Field:
    return np.full_like(x, phase)


def _step(distance: Field) -> Field:
    """Go from 0 to 1 over about a pixel where the distance changes sign."""
    return np.clip(0.5 + 32 * distance, 0, 1)


def _horizon(x: Field, y: Field, phase: float) -> Field:
    return _step(0.35 + 0.3 * phase - y)


def _wall(x: Field, y: Field, phase: float) -> Field:
    return _step(0.35 + 0.3 * phase - x)


def _stripes(x: Field, y: Field, phase: float) -> Field:
    return 0.5 + 0.5 * np.sin(2 * np.pi * (4 * y + phase))


def _checker(x: Field, y: Field, phase: float) -> Field:
    columns, rows = np.floor(4 * x + phase), np.floor(4 * y + phase)
    return (columns + rows) % 2


def _gradient(x: Field, y: Field, phase: float) -> Field:
    return np.clip(0.5 * x + 0.5 * y + 0.2 * (phase - 0.5), 0, 1)


def _corner(x: Field, y: Field, phase: float) -> Field:
    """Show two walls and a floor that meet in a point."""
    floor = y > 0.55 + 0.2 * phase
    return np.where(floor, 0.0, np.where(x < 0.4 + 0.2 * phase, 0.5, 1.0))


def _frame(x: Field, y: Field, phase: float) -> Field:
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    return _step(0.1 + 0.08 * phase - edge)


SCENES: dict[str, Scene] = {
    "plain": _plain,
    "horizon": _horizon,
    "wall": _wall,
    "stripes": _stripes,
    "checker": _checker,
    "gradient": _gradient,
    "corner": _corner,
    "frame": _frame,
}

# How repeating, horizontal, vertical and enclosed each layout is.
LAYOUT_TRAITS: dict[str, NDArray[np.float64]] = {
    "plain": np.array([0.0, 0.0, 0.0, 0.0]),
    "horizon": np.array([0.0, 1.0, 0.0, 0.1]),
    "wall": np.array([0.0, 0.0, 1.0, 0.3]),
    "stripes": np.array([1.0, 1.0, 0.0, 0.2]),
    "checker": np.array([1.0, 0.6, 0.6, 0.2]),
    "gradient": np.array([0.0, 0.3, 0.3, 0.0]),
    "corner": np.array([0.0, 0.5, 0.5, 1.0]),
    "frame": np.array([0.2, 0.5, 0.5, 0.8]),
}
