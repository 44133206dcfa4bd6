"""A command that is asked to end says so in one line, and what is under way can be closed."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from entrypoints.command_line import run_command
from pipeline.errors import Problem, TuningError

COMMAND = """
import ctypes, hashlib, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
from entrypoints import ending
from entrypoints.command_line import run_command

class Object:
    def __del__(self):
        begin()

def begin():
    print(child.pid, flush=True)
    time.sleep(20)

def work(_):
    try:
        {work}
        time.sleep(20)
    finally:
        print("closed", flush=True)

child = subprocess.Popen(["sleep", "20"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ending.AGAIN, ending.LAST = 0.5, 1.5
run_command(work)
"""


@pytest.fixture
def _interruptible():
    before = signal.getsignal(signal.SIGINT)
    # a shell has what it starts in the background ignore Ctrl-C, and so would this test
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_refusal_is_one_message_and_status_2(capsys):
    def refuse(_):
        raise TuningError(Problem("loss", "a number", "nan", "Lower it."))

    with pytest.raises(SystemExit) as ended:
        run_command(refuse)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: loss: expected a number; found nan. Lower it.\n"


@pytest.mark.usefixtures("_interruptible")
def test_what_is_under_way_is_closed_when_a_command_is_interrupted(capsys, monkeypatch):
    closed = []
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "a", "--b", "c d"])

    def wait(_):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(30)
        finally:
            closed.append("the run")

    with pytest.raises(SystemExit) as ended:
        run_command(wait)
    assert ended.value.code == 128 + signal.SIGINT
    message = "stopped; to go on from what is finished: python -m a --b 'c d'\n"
    assert capsys.readouterr().err == message
    assert closed == ["the run"]


@pytest.mark.parametrize(
    ("work", "output"),
    [
        ("begin()", "closed\n"),
        ("Object()", "closed\n"),
        ("ctypes.CFUNCTYPE(None)(begin)()", "closed\n"),
        ("ThreadPoolExecutor().submit(begin).result()", "closed\n"),
        ("print(child.pid, flush=True); hashlib.pbkdf2_hmac('sha256', b'', b'', 10**8)", ""),
    ],
    ids=["python", "finaliser", "function that C calls", "thread", "library"],
)
def test_a_command_that_is_asked_to_end_ends_soon_wherever_it_is(work, output):
    command = [sys.executable, "-c", COMMAND.format(work=work)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = psutil.Process(int(process.stdout.readline()))
    time.sleep(0.3)  # by then it is where it stays
    try:
        process.terminate()
        printed, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert printed.decode() == output
    child.kill() if output == "closed\n" else child.wait(timeout=5)
