"""The hub is asked once, soon given up, and never waited for where the environment forbids it."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest
from hub_server import Hub, served
from huggingface_hub import constants

from pipeline import hub
from pipeline.hub import HUB, absence, ask_hub, hub_or_cache, not_found, reachable


@pytest.fixture(autouse=True)
def online(monkeypatch, tmp_path):
    """Let questions through, none of them answered by an earlier one; leave the user's cache be."""
    monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(tmp_path / "harnesses.json"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "PATIENCE", 0.3)
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    HUB.forget()
    yield
    HUB.forget()


@pytest.fixture
def at(monkeypatch):
    """Put the hub at an address where a socket of this machine says the same to everyone."""
    with ExitStack() as ends:

        def listen(says):
            listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            monkeypatch.setattr(constants, "ENDPOINT", address)
            heard = []

            def answer():
                while True:
                    try:
                        connection = ends.enter_context(listening.accept()[0])
                    except OSError:
                        return
                    heard.append(connection.recv(4096).decode())
                    if says:
                        connection.sendall(says)
                        connection.close()

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            ends.callback(thread.join)
            ends.callback(listening.shutdown, socket.SHUT_RDWR)  # which lets accept return
            return heard, address

        yield listen


def http(status):
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "404 Not Found", "503 Busy"])
def test_any_answer_is_a_sign_of_life(at, status):
    at(http(status))
    assert reachable()


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"], ids=["nothing", "no HTTP"])
def test_a_server_without_an_answer_is_soon_given_up(at, says):
    at(says)
    started = time.monotonic()
    assert not reachable()
    assert time.monotonic() - started < 1
    assert "no answer from http://127.0.0.1" in not_found()


def test_an_address_that_swallows_packets_is_soon_given_up(monkeypatch):
    """A queue of connections that is full drops what comes, as a wall in the network does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{full.getsockname()[1]}")
        started = time.monotonic()
        assert not reachable()
        assert 0.25 < time.monotonic() - started < 1


def test_a_hub_with_a_sign_of_life_and_no_more_is_given_up_for_all(monkeypatch):
    """The client's own requests would be waited for one after the other."""

    def answer(self, method, url, body):
        if method != "HEAD":
            time.sleep(0.6)
        return 200, {}, b"{}"

    monkeypatch.setattr(Hub, "answer", answer)
    with served({}) as slow:
        monkeypatch.setattr(constants, "ENDPOINT", slow.address)
        started = time.monotonic()
        reasons = {absence(name, "", "model").reason for name in ("org/a", "org/b", "org/c")}
    assert reasons == {not_found()}
    assert time.monotonic() - started < 1.5


def test_what_answers_and_is_no_hub_is_quoted(at):
    at(http("404 Not Found"))
    assert "404 Not Found" in absence("org/a", "", "model").reason
    assert "Repo id must" in absence("no/such/name", "", "dataset").reason


def test_a_name_that_is_looked_up_for_ever_does_not_hold_us(monkeypatch):
    """A time-out of the request does not cover that."""
    end = threading.Event()

    def asleep(*_, **__):
        end.wait(30)
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", asleep)
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    started = time.monotonic()
    assert not reachable()
    assert time.monotonic() - started < 1
    end.set()


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no address"])
def test_where_nobody_listens_there_is_no_hub(monkeypatch, address):
    monkeypatch.setattr(constants, "ENDPOINT", address)
    assert not reachable()


def test_the_hub_is_asked_once_for_all_who_want_to_know(at, monkeypatch):
    heard, _ = at(http("200 OK"))
    ask_hub()
    assert [reachable(), reachable()] == [True, True]
    assert len(heard) == 1
    monkeypatch.setattr(hub, "HOLDS", 0.0)
    assert reachable()
    assert len(heard) == 2


def test_time_that_passes_before_the_answer_is_wanted_is_no_waiting(at):
    at(b"")
    ask_hub()
    time.sleep(0.35)
    started = time.monotonic()
    assert not reachable()
    assert time.monotonic() - started < 0.1


def test_a_proxy_is_asked_in_place_of_the_hub(at, monkeypatch):
    heard, address = at(http("200 OK"))
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    assert reachable()
    assert heard[0].startswith("HEAD http://hub.invalid")


def test_nobody_is_asked_where_the_environment_forbids_it(at, monkeypatch):
    heard, _ = at(http("200 OK"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    ask_hub()
    assert not reachable()
    assert not heard
    assert "HF_HUB_OFFLINE is set" in not_found()


@pytest.mark.parametrize(
    ("variable", "value", "forbidden"),
    [
        ("HF_HUB_OFFLINE", "1", True),
        ("HF_HUB_OFFLINE", "yes", True),
        ("HF_HUB_OFFLINE", "On", True),
        ("HF_HUB_OFFLINE", "0", False),
        ("TRANSFORMERS_OFFLINE", "true", True),
    ],
)
def test_every_spelling_of_the_hubs_client_forbids(variable, value, forbidden):
    environment = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    code = "import pipeline.hub as h; print(h.offline())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, variable: value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(forbidden)


def test_the_client_is_kept_to_its_cache_only_while_the_hub_is_silent(at):
    at(b"")
    with hub_or_cache() as within_reach:
        assert not within_reach
        assert constants.HF_HUB_OFFLINE
    assert not constants.HF_HUB_OFFLINE
    at(http("200 OK"))
    HUB.forget()
    with hub_or_cache() as within_reach:
        assert within_reach
        assert not constants.HF_HUB_OFFLINE
