"""A section of the page: what frames it needs, and how its tables and figures are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.results import StudyResults
from pipeline.reporting.table import Table


@dataclass(frozen=True)
class Content:
    """What stands in a section.

    Parameters
    ----------
    blocks : tuple of Table or NamedFigure
        In reading order; without any, the section is left out.
    intro : str
    warning : str
        What makes all of it doubtful; empty: nothing does.
    """

    blocks: tuple[Table | NamedFigure, ...]
    intro: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Section:
    """An entry of SECTIONS.

    Parameters
    ----------
    title : str
    needs : tuple of str
        Frames of :class:`StudyResults` without which there is no such section.
    content : callable
        ``content(results) -> Content``.
    folded : bool
        Whether a reader has to open it.
    """

    title: str
    needs: tuple[str, ...]
    content: Callable[[StudyResults], Content]
    folded: bool = True
