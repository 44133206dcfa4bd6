"""Progress of long work: a bar with rate and time left in a terminal, a line a minute elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger("pipeline")
SECONDS_BETWEEN_LINES = 60.0
Item = TypeVar("Item")


def follow(
    items: Iterable[Item],
    total: int,
    name: str,
    done: int = 0,
    size: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Item]:
    """Pass items on, and say how many there have been, how fast they come and how long it takes.

    Parameters
    ----------
    items : iterable
        Each counts when it comes, for as many things as ``size`` says.
    total : int
        How many there will be, those that were done before among them.
    name : str
        Of the things counted, in the plural.
    done : int
        How many were done before.
    size : callable
        Of an item, such as a batch of things.
    """
    started = last_line = time.monotonic()
    on_terminal = sys.stderr.isatty()
    bar = tqdm(
        total=total, initial=done, desc=f"  {name}", dynamic_ncols=True, disable=not on_terminal,
        leave=False,
    )  # fmt: skip
    with bar:
        count = 0
        for item in items:
            bar.update(size(item))
            count += size(item)
            now = time.monotonic()
            if not on_terminal and now - last_line >= SECONDS_BETWEEN_LINES:
                last_line = now
                log.info("  %s", line(name, done + count, total, count / (now - started)))
            yield item


def line(name: str, done: int, total: int, rate: float) -> str:
    """Write progress as a line.

    Parameters
    ----------
    name : str
    done, total : int
    rate : float
        Things a second.
    """
    left = tqdm.format_interval((total - done) / rate)
    each = f"{rate:.2g} a second" if rate >= 1 else f"{1 / rate:.2g} s each"
    return f"{name}: {done} of {total}, {each}, {left} left"
