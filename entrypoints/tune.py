"""Entry point ``tune``: adapt a base to a task, score it, register it."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import TuneConfig


def main(arguments: Sequence[str]) -> None:
    """Tune and say what was registered.

    With several devices: ``torchrun --nproc_per_node 2 -m entrypoints.tune …``
    """
    config = read_command(TuneConfig, arguments)
    from pipeline.tuning.hub_check import refuse_out_of_reach

    refuse_out_of_reach([config])  # before MLflow, which takes seconds to start
    from pipeline.tracking.stages.tune.interpolate import check_devices, run_method
    from pipeline.tracking.stages.tune.stage import join_tune
    from pipeline.tracking.store import open_store
    from pipeline.tuning.training.devices import rank, together

    check_devices(config)
    with together():
        if rank():
            join_tune(config)
            return
        open_store()
        registered = run_method(config)
    print(f"registered: {registered.uri} (models:/{registered.name}@{config.method} is the best)")


if __name__ == "__main__":
    run_command(main)
