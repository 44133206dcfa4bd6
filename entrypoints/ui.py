"""Start the MLflow UI on loopback and print the link that lands on the study's runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from entrypoints.command_line import run_command
from entrypoints.options import Options
from pipeline.words import UI_PORT


def main(arguments: Sequence[str]) -> None:
    """Print the deep link, then become the MLflow server until it is interrupted."""
    options = Options(prog="python -m entrypoints.ui", description=__doc__)
    options.add_argument("--port", type=int, default=UI_PORT, help="on 127.0.0.1 (%(default)s)")
    port = options.parse_args(arguments).port
    if not 0 < port < 65536:
        options.error(f"port: expected 1 to 65535; found {port}")
    from pipeline.tracking.store import browse_link, open_store

    open_store()
    print(f"Runs: {browse_link(port)}\n(Ctrl-C ends the server.)", flush=True)
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # seven workers nobody here needs
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    run_command(main)
