"""Memory that a process and its workers hold themselves, watched while something else runs.

Pages of mapped files are not counted: Linux takes those back whenever it needs them, and it may map
far more of a file than is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

SECONDS_BETWEEN = 0.05
SECONDS_BETWEEN_CHILDREN = 1.0


class Watch:
    """What was held before, and at the most since.

    Attributes
    ----------
    before, most : float
        Gigabytes.
    """

    def __init__(self) -> None:
        self.before = self.most = gigabytes("RssAnon")


@contextmanager
def watched(children: bool = False) -> Iterator[Watch]:
    """Look again and again at the memory that this process holds itself; give the most.

    Parameters
    ----------
    children : bool
        Processes that it started are counted too, found anew every second.
    """
    watch, done = Watch(), Event()

    def look() -> None:
        looks = 0
        names = ["self"]
        while not done.wait(SECONDS_BETWEEN):
            if children and looks % round(SECONDS_BETWEEN_CHILDREN / SECONDS_BETWEEN) == 0:
                names = ["self", *_children()]
            looks += 1
            watch.most = max(watch.most, sum(gigabytes("RssAnon", name) for name in names))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield watch
    finally:
        done.set()
        watcher.join()


def gigabytes(quantity: str, process: str = "self") -> float:
    """Read a quantity of ``/proc/<process>/status``; 0 of a process that has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith(f"{quantity}:"))
    return sum(int(line.split()[1]) for line in lines) / 2**20


def _children() -> list[str]:
    import psutil

    return [str(child.pid) for child in psutil.Process().children(recursive=True)]
