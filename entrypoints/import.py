# ruff: noqa: N999 (the entry point is called import)
"""Entry point ``import``: an archive of a study, checked and opened as a store of its own."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import ImportConfig


def main(arguments: Sequence[str]) -> None:
    """Import a study and say how to go on with it."""
    config = read_command(ImportConfig, arguments)
    from pipeline.tracking.archives.importing import import_study

    imported = import_study(config)
    print(f"{imported.contents.title}: {len(imported.contents.sums)} files, all as exported")
    print(f"its store: export MLFLOW_TRACKING_URI={imported.uri}")


if __name__ == "__main__":
    run_command(main)
