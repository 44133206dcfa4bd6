"""Kills on a tracking server over PostgreSQL: all holds of it that holds of a store in a file."""

import pytest
from kills import kill_studies, unbroken
from note import write_part
from servers import postgresql, reason_without, tracking_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(reason_without()), reason=reason_without() or "-"),
]
N_KILLS = 10


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return unbroken(tmp_path_factory.mktemp("unbroken"))


def test_ten_kills_on_a_server_lose_nothing(whole, tmp_path_factory):
    expected, seconds = whole
    above = tmp_path_factory.mktemp("server")
    with postgresql() as database, tracking_server(above, database) as address:

        def folder_of(number):
            made = above / f"study-{number}"
            made.mkdir()
            return made

        # one server for all studies: the later ones reuse what the first left, so it takes all
        toll = kill_studies(
            folder_of, N_KILLS, expected, 0.3 * seconds, 20261128, lambda _: address, most=N_KILLS
        )
    assert toll.kills == N_KILLS
    write_part(
        "kills on a server",
        f"{toll.kills} kills (SIGKILL) at random moments of a study whose store is `mlflow server` "
        "over PostgreSQL. It finished by the same command with the scores of one on an SQLite "
        "store to the last bit, no version twice and no run left RUNNING.\n\n" + toll.table(),
    )
