"""Entry point ``prepare``: read brain data into one checked form and show what is in it."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import PrepareConfig


def main(arguments: Sequence[str]) -> None:
    """Prepare a brain dataset and say how later stages use it."""
    config = read_command(PrepareConfig, arguments)
    from pipeline.tracking.stages.prepare import run_prepare
    from pipeline.tracking.store import open_store

    open_store()
    prepared = run_prepare(config)
    print(prepared.text)
    print(f"\nto align with it: -P brain=prepared -P brain_dir={prepared.lasting_folder}")


if __name__ == "__main__":
    run_command(main)
