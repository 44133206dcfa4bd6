"""A figure with the words that belong to it, drawn when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class NamedFigure:
    """A figure, not yet drawn.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, caption : str
    alt : str
        Its numbers in words, for those who do not see it.
    draw : callable
        ``draw() -> Figure``.
    """

    name: str
    title: str
    caption: str
    alt: str
    draw: Callable[[], Figure]
