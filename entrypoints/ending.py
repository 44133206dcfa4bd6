"""The end of a command that is asked to end: soon, whatever it is at."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from types import FrameType

#: Seconds after which the main thread is told again, and after which nothing is waited for.
AGAIN, LAST = 3.0, 8.0


def end_when_asked() -> None:
    """Let SIGTERM raise SystemExit in the main thread, so that what is under way can be closed.

    What is raised within a finaliser, or in a function that C calls, is lost, and nothing is raised
    while a library computes or threads are waited for. So the main thread is told again after
    ``AGAIN`` seconds, and after ``LAST`` the process ends, with all that it has started: the next
    command closes the runs that it has left.
    """
    signal.signal(signal.SIGTERM, _end)
    signal.set_wakeup_fd(_watched_pipe(os.getpid()), warn_on_full_buffer=False)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


@cache
def _watched_pipe(_: int) -> int:
    """Open a pipe that is told of signals at once, and watch it for as long as a process lives."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    threading.Thread(target=_see_to_it, args=(reading,), daemon=True).start()
    return writing


def _see_to_it(reading: int) -> None:
    while os.read(reading, 1) != bytes([signal.SIGTERM]):
        pass
    time.sleep(AGAIN)
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGTERM)
    time.sleep(LAST - AGAIN)
    print("ended at once: the next command closes what is left open", file=sys.stderr, flush=True)
    _end_children()
    os._exit(128 + signal.SIGTERM)


def _end_children() -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
