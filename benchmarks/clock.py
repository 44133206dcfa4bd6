"""Seconds that passed, and that processors worked: on a busy machine they say different things."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Seconds:
    """Time that a call took.

    Parameters
    ----------
    wall, cpu : float
        Passed, and worked by all threads together.
    """

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s (CPU {self.cpu:.1f} s)"


def timed(call: Callable[[], Value]) -> tuple[Value, Seconds]:
    """Call, and say how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return result, Seconds(time.perf_counter() - wall, time.process_time() - cpu)
