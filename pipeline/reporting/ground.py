"""A reason to believe the answer of a report, or to doubt it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """A reason to believe the answer, or to doubt it."""

    text: str
    doubtful: bool
