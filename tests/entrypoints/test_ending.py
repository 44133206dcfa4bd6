"""A command that is asked to end says so in one line, and what is under way can be closed."""

import os
import signal
import sys
import time

import pytest

from entrypoints.command_line import run_command
from pipeline.errors import Problem, TuningError


@pytest.fixture(autouse=True)
def _signals():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    # a shell has what it starts in the background ignore Ctrl-C, and so would this test
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_refusal_is_one_message_and_status_2(capsys):
    def refuse(_):
        raise TuningError(Problem("loss", "a number", "nan", "Lower it."))

    with pytest.raises(SystemExit) as ended:
        run_command(refuse)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: loss: expected a number; found nan. Lower it.\n"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (signal.SIGTERM, ""),
        (signal.SIGINT, "stopped; to go on from what is finished: python -m a --b 'c d'\n"),
    ],
)
def test_what_is_under_way_is_closed_when_a_command_is_asked_to_end(
    capsys, monkeypatch, number, message
):
    closed = []
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "a", "--b", "c d"])

    def wait(_):
        try:
            os.kill(os.getpid(), number)
            time.sleep(30)
        finally:
            closed.append("the run")

    with pytest.raises(SystemExit) as ended:
        run_command(wait)
    assert ended.value.code == 128 + number
    assert capsys.readouterr().err == message
    assert closed == ["the run"]
