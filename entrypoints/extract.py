"""Entry point ``extract``: features of a tuned model for the stimuli of a brain dataset."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import ExtractConfig
from pipeline.tracking.first_look import check_model


def main(arguments: Sequence[str]) -> None:
    """Extract and say where the features are."""
    config = read_command(ExtractConfig, arguments)
    check_model(config.model)
    from pipeline.tracking.stages.extract import run_extract
    from pipeline.tracking.store import open_store

    open_store()
    extracted = run_extract(config)
    shapes = extracted.shapes()
    shaped = ", ".join(dict.fromkeys(map(str, shapes.values())))
    print(f"features: run {extracted.run_id}, {len(shapes)} layers of shape {shaped}")


if __name__ == "__main__":
    run_command(main)
