"""Start the MLflow UI on loopback and print the link that lands on the study's runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from entrypoints.command_line import run_command


def main(arguments: Sequence[str]) -> None:
    """Print the deep link, then become the MLflow server until it is interrupted."""
    from pipeline.tracking.store import UI_PORT, browse_link, open_store

    parser = argparse.ArgumentParser(prog="python -m entrypoints.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=UI_PORT, help="on 127.0.0.1 (%(default)s)")
    port = parser.parse_args(arguments).port
    open_store()
    print(f"Runs: {browse_link(port)}\n(Ctrl-C ends the server.)", flush=True)
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # seven workers nobody here needs
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    run_command(main)
