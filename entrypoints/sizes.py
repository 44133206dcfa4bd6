"""Entry point ``sizes``: what a study takes in the store."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import SizesConfig


def main(arguments: Sequence[str]) -> None:
    """Print the bytes of each stage of a study and of its versions."""
    config = read_command(SizesConfig, arguments)
    from pipeline.forecast.table import size
    from pipeline.tracking.sizes import study_sizes
    from pipeline.tracking.store import open_store

    open_store(writing=False)
    sizes = study_sizes(config.study)
    print(f"{'':<10}{'number':>7}{'bytes':>10}{'each':>10}")
    for row in sizes:
        each = size(row.n_bytes / row.number) if row.number else ""
        print(f"{row.kind:<10}{row.number:>7}{size(row.n_bytes):>10}{each:>10}")
    print(f"{'in all':<10}{'':>7}{size(sum(row.n_bytes for row in sizes)):>10}")


if __name__ == "__main__":
    run_command(main)
