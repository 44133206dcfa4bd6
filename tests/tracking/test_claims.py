"""One of several processes does the work, and one that is gone is told from one that is not."""

import os
import signal
import subprocess
import sys
import time

import pytest

from pipeline.tracking.claims import claimed, is_gone, process_tag, sweep
from pipeline.tracking.places import running_folder

CLAIM = """
import gc, sys, time
gc.disable()  # a third of what importing takes
import mlflow
from pipeline.tracking.claims import claimed, process_tag
mlflow.set_tracking_uri(sys.argv[1])
print(process_tag()["process"], flush=True)
with claimed("the work", "work"):
    print("begun", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def other(store):
    """Start a process that claims the work for some seconds; give its tag once it has."""
    started = []

    def start(seconds):
        process = subprocess.Popen(
            [sys.executable, "-c", CLAIM, f"sqlite:///{store}/mlflow.db", str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        assert process.stdout is not None
        tag = process.stdout.readline().strip()
        assert process.stdout.readline() == "begun\n"
        return process, tag

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_work_claimed_by_another_process_is_waited_for(other, caplog):
    caplog.set_level("INFO", logger="pipeline")
    other(1.0)
    start = time.monotonic()
    with claimed("the work", "align a with b"):
        assert time.monotonic() - start > 0.3
    assert "align a with b: another process is at it" in caplog.text


def test_a_process_keeps_its_claim_alone_until_it_is_killed(other):
    process, tag = other(1000)
    start = time.monotonic()
    with claimed("other work", "work"):
        assert time.monotonic() - start < 1
    assert not is_gone(tag)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with claimed("the work", "work"):
        pass
    assert is_gone(tag)
    assert is_gone(tag)  # now that its lock is no longer there


def test_a_process_may_claim_again_what_it_has_claimed(store):
    before = set(running_folder().glob("*.lock"))
    with claimed("twice", "work"):
        (lock,) = set(running_folder().glob("*.lock")) - before
        with claimed("twice", "work"):
            pass
        assert lock.exists()
    assert not lock.exists()


def test_this_process_is_not_gone(store):
    tag = process_tag()["process"]
    sweep()
    assert not is_gone(tag)
    assert process_tag()["process"] == tag


def test_of_a_process_on_another_machine_nothing_is_said(store):
    assert not is_gone("somewhere-else 17 17-0123456789ab")
