"""Start the MLflow UI on loopback and print links to the study, its models and their comparison."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from entrypoints.command_line import run_command
from entrypoints.options import Options
from pipeline.words import UI_PORT

#: The server's own log: nothing below an error is for a person who looks at runs.
QUIET = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # seven workers nobody here needs
    "PYTHONWARNINGS": "ignore",
}

NOTICE = b"[MLflow] Security middleware enabled"


def main(arguments: Sequence[str]) -> None:
    """Start the server, print the links when it answers, and wait until it is interrupted."""
    options = Options(prog="python -m entrypoints.ui", description=__doc__)
    options.add_argument("--port", type=int, default=UI_PORT, help="on 127.0.0.1 (%(default)s)")
    port = options.parse_args(arguments).port
    if not 0 < port < 65536:
        options.error(f"port: expected 1 to 65535; found {port}")
    from pipeline.tracking.browsing import links
    from pipeline.tracking.store import HTTP, open_store
    from pipeline.tracking.waiting import wait_for_own_server

    if _is_taken(port):
        options.error(f"port: expected one that no program uses; found {port}")
    open_store()
    if os.environ.get("MLFLOW_TRACKING_URI", "").startswith(HTTP):
        _tell(links(port))  # the store has a server of its own
        return
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1"]  # for one person
    quiet = ["--uvicorn-opts", "--log-level error"]
    server = subprocess.Popen(
        [*command, *quiet],
        env={**os.environ, **QUIET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert server.stderr is not None  # noqa: S101 (for the type checker)
    threading.Thread(target=_pass_on, args=(server.stderr,), daemon=True).start()
    try:
        wait_for_own_server(server, f"http://127.0.0.1:{port}")
        _tell(links(port))
        print("(Ctrl-C ends the server.)", flush=True)
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


def _is_taken(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _pass_on(errors: IO[bytes]) -> None:
    """Pass on what a server says, but for its notice that it serves this machine alone."""
    for line in errors:
        if not line.startswith(NOTICE):
            sys.stderr.write(line.decode(errors="replace"))


def _tell(addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        print(f"{name + ':':22}{address}")


if __name__ == "__main__":
    run_command(main)
