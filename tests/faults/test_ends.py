"""A study that is asked to end does so within seconds, whatever it is at."""

import signal

import pytest
from commands import start, write_study

SECONDS = 10


@pytest.mark.slow
@pytest.mark.parametrize("moment", [1, 3, 6, 10, 15])
def test_a_study_ends_within_ten_seconds_of_being_asked(tmp_path, moment):
    process = start(tmp_path, write_study(tmp_path))
    process.join(moment)
    process.terminate()
    process.join(SECONDS)
    ended = process.exitcode
    process.kill()
    assert ended in (128 + signal.SIGTERM, 0)
