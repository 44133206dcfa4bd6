"""Claims on work: identical commands at once compute once, and a process that is gone is noticed.

All rest on file locks, which the system releases when a process ends, however it ends.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from pipeline.tracking.places import running_folder

log = logging.getLogger("pipeline")
#: Of a run: host, process id and the name of the lock that the process holds while it lives.
PROCESS = "process"


@contextmanager
def claimed(work: str, title: str) -> Iterator[None]:
    """Keep other processes from the same work until the block ends; wait for one that is at it.

    Holds on one machine, and for an SQLite store wherever its folder is shared with locks. A
    process may claim again what it has claimed.

    Parameters
    ----------
    work : str
        What is claimed, e.g. a fingerprint; anything that names it.
    title : str
        Its name for the line that says that another process is at it.
    """
    named = hashlib.sha256(work.encode()).hexdigest()[:32]
    path = running_folder().resolve() / f"{named}.lock"
    lock = FileLock(path, is_singleton=True)
    again = lock.is_locked
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("%s: another process is at it, waiting for its result", title)
        lock.acquire()
    try:
        yield
    finally:
        if not again:
            # while it is still held: whoever waits for the old file sees that it is gone
            path.unlink(missing_ok=True)
        lock.release()


def process_tag() -> dict[str, str]:
    """Tag a run with the process behind it, which holds a lock from now on until it ends."""
    name = _life(os.getpid(), running_folder().resolve())
    return {PROCESS: f"{platform.node()} {os.getpid()} {name}"}


@cache
def _life(process: int, folder: Path) -> str:
    """Take a lock for as long as this process lives (a fork of it is another one)."""
    name = f"{process}-{uuid4().hex[:12]}"
    path = folder / f"{name}.alive"
    lock = FileLock(path, is_singleton=True)
    lock.acquire()

    def leave() -> None:
        if os.getpid() == process:
            path.unlink(missing_ok=True)
            lock.release()

    atexit.register(leave)
    return name


def is_gone(tag: str) -> bool:
    """Say whether the process that a run's tag names has ended; False where that cannot be known.

    Parameters
    ----------
    tag : str
        As :func:`process_tag` gave it.
    """
    host, _, name = tag.split(" ")
    folder = running_folder()
    path = folder / f"{name}.alive"
    if path.exists():
        return _is_free(path)
    return host == platform.node()


def sweep() -> None:
    """Remove what processes left that were killed."""
    for path in running_folder().glob("*.alive"):
        _is_free(path)


def _is_free(path: Path) -> bool:
    """Say whether nobody holds a lock of a process, and remove its file if so."""
    lock = FileLock(path, is_singleton=True)
    if lock.is_locked:
        return False  # by this very process
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    path.unlink(missing_ok=True)
    lock.release()
    return True
