"""Commands killed at any moment lose nothing: the same again ends as if nothing had happened."""

import pytest
from kills import kill_studies, unbroken
from note import write_part

SEED = 20261127


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return unbroken(tmp_path_factory.mktemp("unbroken"))


@pytest.mark.slow
def test_a_study_that_is_killed_thrice_ends_as_one_that_is_not(whole, tmp_path_factory):
    expected, seconds = whole
    folder = tmp_path_factory.mktemp("killed")
    toll = kill_studies(lambda n: _numbered(folder, n), 3, expected, 0.5 * seconds, SEED)
    assert toll.kills == 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_kills_lose_nothing(whole, tmp_path_factory):
    expected, seconds = whole
    folder = tmp_path_factory.mktemp("killed")
    toll = kill_studies(lambda n: _numbered(folder, n), 50, expected, 0.6 * seconds, SEED + 1)
    assert toll.kills == 50
    write_part(
        "kills",
        f"{toll.kills} kills (SIGKILL) at random moments of {toll.studies} studies, each with "
        "`prepare` before it, on an SQLite store. Every study finished by the same command, with "
        "the scores of an unbroken one to the last bit; no version twice, no version of an "
        f"unfinished run, no run left RUNNING, no store that does not open.\n\n{toll.table()}",
    )


def _numbered(folder, number):
    made = folder / str(number)
    made.mkdir()
    return made
