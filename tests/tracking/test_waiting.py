"""A store that does not answer is told of at once, and given up after the time that is set."""

import contextlib
import http.server
import logging
import socket
import sqlite3
import threading
import time
from contextlib import closing

import mlflow
import pytest

from pipeline.errors import RegistryError
from pipeline.tracking import waiting
from pipeline.tracking.store import open_store
from pipeline.tracking.waiting import seconds_to_wait, wait_for_database, wait_for_server


@pytest.fixture
def server():
    """Start a server on a free port that answers as it is told; give its address."""
    started = []

    def start(statuses, trickle=0):
        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if isinstance(statuses, dict):
                    self.send_response(next(s for p, s in statuses.items() if p in self.path))
                else:
                    self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                self.end_headers()
                with contextlib.suppress(OSError):
                    for _ in range(trickle):
                        self.wfile.write(b"x")
                        time.sleep(0.5)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        started.append(made)
        return f"http://127.0.0.1:{made.server_port}"

    yield start
    for made in started:
        made.shutdown()
        made.server_close()


@pytest.fixture
def silent():
    """Give the address of a server that takes connections and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def refusing():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def _short(monkeypatch, caplog):
    monkeypatch.setenv("STORE_WAIT", "1.2")
    caplog.set_level(logging.INFO, logger="pipeline")


def test_a_server_that_answers_is_not_waited_for(server, caplog):
    wait_for_server(server([200]))
    wait_for_server(server([401]))  # a gateway that asks for a password is there
    assert caplog.text == ""


def test_a_server_that_starts_late_is_waited_for(server, caplog):
    wait_for_server(server([503, 200]))
    assert "status 503; trying again for 1.2 s (STORE_WAIT)" in caplog.text


def test_a_server_that_only_fails_is_given_up_in_time(server):
    start = time.monotonic()
    with pytest.raises(RegistryError, match=r"an answer within 1.2 s.*status 500.*Start it"):
        wait_for_server(server([500]))
    assert time.monotonic() - start < 3


def test_opening_the_store_of_a_server_that_refuses_says_so_and_ends(refusing, monkeypatch, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", refusing)
    start = time.monotonic()
    with pytest.raises(RegistryError, match=r"tracking server http.*connection refused"):
        open_store()
    assert time.monotonic() - start < 3
    assert f"{refusing}: connection refused; trying again" in caplog.text


def test_a_silent_server_is_told_of_within_five_seconds(silent, monkeypatch):
    assert waiting.ONE_TRY < 4
    monkeypatch.setattr(waiting, "ONE_TRY", 0.8)
    start = time.monotonic()
    with pytest.raises(RegistryError, match=r"no answer in 0.8 s"):
        wait_for_server(silent)
    assert time.monotonic() - start < 3


def test_a_server_whose_database_does_not_answer_is_told_of_and_given_up(server, caplog):
    with pytest.raises(RegistryError, match=r"an answer within 1.2 s.*status 503"):
        wait_for_server(server({"/health": 200, "/api": 503}))
    assert "status 503; trying again for 1.2 s (STORE_WAIT)" in caplog.text


def test_a_server_that_trickles_holds_nobody_up(server):
    start = time.monotonic()
    wait_for_server(server([200], trickle=20))
    assert time.monotonic() - start < 3


def test_a_database_server_that_is_not_there_is_given_up_in_time(refusing, caplog):
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    uri = refusing.replace("http://", "postgresql+psycopg://user:secret@") + "/mlflow"
    with pytest.raises(RegistryError, match="database postgresql"):
        wait_for_database(uri)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", ""])
def test_a_time_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("STORE_WAIT", value)
    with pytest.raises(RegistryError, match="STORE_WAIT: expected a number of seconds"):
        seconds_to_wait()


def test_a_repeated_request_is_told_in_one_line(server, monkeypatch, caplog, whole):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    waiting.be_patient()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    client = mlflow.MlflowClient(server([500]))
    with pytest.raises(mlflow.exceptions.MlflowException):
        client.search_experiments()
    messages = [r.message for r in caplog.records if r.name == "urllib3.connectionpool"]
    assert "the tracking server does not answer; trying again" in messages
    assert set(messages) == {"the tracking server does not answer; trying again"}


def test_a_locked_store_is_waited_for(store, monkeypatch):
    monkeypatch.setenv("STORE_WAIT", "30")
    locked = threading.Event()

    def lock():
        with closing(sqlite3.connect(store / "mlflow.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(1.5)
            other.rollback()

    holder = threading.Thread(target=lock)
    holder.start()
    locked.wait()
    with mlflow.start_run() as run:
        mlflow.log_param("waited", True)
    holder.join()
    assert mlflow.get_run(run.info.run_id).data.params == {"waited": "True"}


def test_a_store_that_stays_locked_is_given_up_after_the_time_that_is_set(store, monkeypatch):
    monkeypatch.setenv("STORE_WAIT", "0.5")
    with closing(sqlite3.connect(store / "mlflow.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        with pytest.raises(mlflow.exceptions.MlflowException, match="locked"):
            mlflow.set_experiment("another")
        assert time.monotonic() - start < 10
        other.rollback()
