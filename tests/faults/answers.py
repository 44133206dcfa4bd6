"""Answers of a command that is run in this process, within a time limit."""

import contextlib
import importlib
import io
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from entrypoints.command_line import run_command

LIMIT = 10.0  # seconds of processor time, which other processes do not take away
SILENT = 60.0  # seconds on the clock


class HungError(BaseException):
    """A command took longer than the limit; no handler of errors may catch it."""


@dataclass(frozen=True)
class Answer:
    """How a command ended.

    Parameters
    ----------
    status : int
        Exit status; 0 where it came to its end, 1 where it ended in a traceback.
    output : str
        Everything it printed, or the traceback.
    seconds : float
        Of processor time.
    """

    status: int
    output: str
    seconds: float

    def faults(self, names: Sequence[str]) -> Iterator[str]:
        """Say what is wrong with the answer to a bad command whose mistakes have these names."""
        if self.status != 2:
            yield f"exit status {self.status}"
        if "Traceback" in self.output:
            yield f"traceback: {self.output.strip().splitlines()[-1][:200]}"
        if self.seconds > LIMIT:
            yield f"{self.seconds:.0f} s"
        if self.status == 2:
            yield from (f"does not name {name}" for name in names if name not in self.output)


def answer(entry: str, arguments: Sequence[str]) -> Answer:
    """Run an entry point as its own process would, but in this one."""
    output = io.StringIO()
    before = sys.argv, signal.getsignal(signal.SIGTERM), signal.signal(signal.SIGALRM, _hang)
    sys.argv = [entry, *arguments]
    begin, status = time.process_time(), 0
    signal.setitimer(signal.ITIMER_REAL, SILENT)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            run_command(importlib.import_module(f"entrypoints.{entry}").main)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except (Exception, HungError):
        output.write(traceback.format_exc())
        status = 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.argv, terminate, alarm = before
        signal.signal(signal.SIGTERM, terminate)
        signal.signal(signal.SIGALRM, alarm)
    return Answer(status, output.getvalue(), time.process_time() - begin)


def _hang(number: int, frame: FrameType | None) -> None:
    raise HungError(f"signal {number} after {SILENT:g} s")
