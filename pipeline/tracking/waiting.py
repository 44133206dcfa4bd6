"""Waiting for a store that does not answer: said at once, and given up after a while.

How long is for ``STORE_WAIT`` to say, in seconds. It holds for a tracking server that refuses,
fails or is silent, and for a database that another process has locked.
"""

from __future__ import annotations

import logging
import math
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import requests
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pipeline.errors import Problem, RegistryError
from pipeline.tracking.places import without_password

log = logging.getLogger("pipeline")
VARIABLE, DEFAULT = "STORE_WAIT", "60"
#: What a server is asked: whether it is there, and what it has to look up in its database.
HEALTH, QUESTION = "health", "api/2.0/mlflow/experiments/get-by-name?experiment_name=Default"
ONE_TRY = 3.0  # seconds in which a server that is there says that it is
BACKOFF = 2  # seconds before the first repeat of a request; each further wait is twice as long


def seconds_to_wait() -> float:
    """Read how long to wait for a store.

    Raises
    ------
    RegistryError
        ``STORE_WAIT`` is no number of seconds.
    """
    value = os.environ.get(VARIABLE, DEFAULT)
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        remedy = f"Correct it, or unset it to wait {DEFAULT} seconds."
        raise RegistryError(Problem(VARIABLE, "a number of seconds", f"'{value}'", remedy))
    return seconds


def wait_for_server(uri: str) -> None:
    """Return as soon as a tracking server answers.

    Raises
    ------
    RegistryError
        It has not within the time.
    """
    _wait(
        f"tracking server {without_password(uri)}",
        lambda: _trouble_of(uri),
        "Start it, or correct MLFLOW_TRACKING_URI.",
    )


def wait_for_own_server(server: subprocess.Popen[bytes], uri: str) -> None:
    """Return as soon as a server that this process has started answers.

    Raises
    ------
    RegistryError
        It has ended, as where its port is taken.
    """
    while _trouble_of(uri) is not None or server.poll() is not None:
        if server.poll() is not None:
            expected = "a port that no other program uses"
            raise RegistryError(Problem("port", expected, uri, "Name another: --port 5050."))
        time.sleep(0.2)


def _trouble_of(uri: str) -> str | None:
    """Say why a server does not answer; nothing where it does."""
    try:
        for place in (HEALTH, QUESTION):
            # not read to its end, which a server that trickles would put off for ever
            with requests.get(f"{uri.rstrip('/')}/{place}", timeout=ONE_TRY, stream=True) as answer:
                if answer.status_code >= 500:
                    return f"status {answer.status_code}"
    except requests.Timeout:
        return f"no answer in {ONE_TRY:g} s"
    except requests.RequestException as error:
        return "connection refused" if "refused" in str(error) else type(error).__name__
    return None  # one that stands before it may not know these paths, or may ask for a password


def wait_for_database(uri: str) -> None:
    """Return as soon as a database server can be reached.

    Raises
    ------
    RegistryError
        It could not within the time.
    """
    engine = sqlalchemy.create_engine(uri, connect_args={"connect_timeout": math.ceil(ONE_TRY)})
    address = engine.url.render_as_string(hide_password=True)

    def ask() -> str | None:
        try:
            engine.connect().close()
        except OperationalError as error:
            return str(error.orig).strip().splitlines()[-1]
        return None

    _wait(f"database {address}", ask, "Start it, or correct MLFLOW_TRACKING_URI.")
    engine.dispose()


def _wait(name: str, ask: Callable[[], str | None], remedy: str) -> None:
    seconds = seconds_to_wait()
    end, pause = time.monotonic() + seconds, 0.5
    announced = False
    while (trouble := ask()) is not None:
        if time.monotonic() + pause > end:
            expected = f"an answer within {seconds:g} s ({VARIABLE})"
            raise RegistryError(Problem(name, expected, trouble, remedy))
        if not announced:
            log.info("%s: %s; trying again for %g s (%s)", name, trouble, seconds, VARIABLE)
            announced = True
        time.sleep(pause)
        pause = min(2 * pause, 5.0)


def be_patient() -> None:
    """Have every later request and statement wait as long, and say that it waits.

    For requests by the variables that MLflow reads, where they are not set; for statements in the
    place of the 20 s that MLflow has SQLite wait for a lock.
    """
    seconds = seconds_to_wait()
    repeats = max(1, math.ceil(math.log2(seconds / BACKOFF + 1)))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", str(repeats))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", str(BACKOFF))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(math.ceil(max(seconds, ONE_TRY))))
    requests_log = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(known, _OurWords) for known in requests_log.filters):
        requests_log.setLevel(logging.DEBUG)  # it tells of some repeats as of debugging only
        requests_log.addFilter(_OurWords())
    if not event.contains(sqlalchemy.Engine, "before_cursor_execute", _wait_longer):
        event.listen(sqlalchemy.Engine, "before_cursor_execute", _wait_longer, retval=True)


def _wait_longer(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Have SQLite wait for a lock, looking more and more rarely, as long as for any store."""
    if statement.startswith("PRAGMA busy_timeout"):
        statement = f"PRAGMA busy_timeout = {math.ceil(1000 * seconds_to_wait())};"
    return statement, parameters


class _OurWords(logging.Filter):
    """Lets urllib3 say of its repeats alone, in words for the person who waits."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING or str(record.msg).startswith("Retry: "):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = "the tracking server does not answer; trying again", ()
            return True
        return False
