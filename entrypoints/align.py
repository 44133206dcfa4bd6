"""Entry point ``align``: encoding and decoding 2v2 accuracy per ROI and subject."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import AlignConfig


def main(arguments: Sequence[str]) -> None:
    """Align and print the accuracies."""
    config = read_command(AlignConfig, arguments)
    from pipeline.alignment import best_layers
    from pipeline.tracking.stages.align import run_align
    from pipeline.tracking.store import open_store

    open_store()
    aligned = run_align(config)
    chosen = best_layers(aligned.scores())
    table = chosen.pivot_table(
        values="two_vs_two", index=["direction", "roi"], columns="subject", sort=False
    )
    print(f"2v2 accuracy of {config.model} with {config.brain} (chance 0.5):")
    print(table.round(3).to_string())
    print(f"scores: run {aligned.run_id}")


if __name__ == "__main__":
    run_command(main)
