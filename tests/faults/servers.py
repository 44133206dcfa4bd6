"""A tracking server over PostgreSQL, started for a test and ended with it."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import requests

NEEDED = ("initdb", "pg_ctl")


def reason_without():
    """Say what a server over PostgreSQL lacks on this machine; empty where it lacks nothing."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if find_spec("psycopg") is None:
        lacking.append("psycopg")
    if os.geteuid() == 0 and not _has_user("postgres"):
        lacking.append("a user 'postgres' (it does not start as root)")
    return f"PostgreSQL is not installed: no {', '.join(lacking)}" if lacking else ""


def _has_user(name):
    return any(user.pw_name == name for user in pwd.getpwall())


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return listening.getsockname()[1]


@contextmanager
def postgresql():
    """Start PostgreSQL on a free port with data of its own; give the address of a database.

    Its data lies outside of pytest's folders, which pytest closes to all users but its own.
    """
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgresql-") as above:
        data, port = Path(above) / "data", free_port()
        data.mkdir()
        if user:
            for path in (Path(above), data):
                shutil.chown(path, user)

        def run(*command):
            subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd=data)

        run("initdb", "-D", str(data), "-U", "mlflow", "--auth=trust")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://mlflow@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def tracking_server(folder, database):
    """Start MLflow's server over a database; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", database, "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    with (folder / "server.txt").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server)
        yield address
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _wait_for(address, server, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            if requests.get(f"{address}/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError("the tracking server did not start")
