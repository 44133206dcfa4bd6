"""Entry point ``main``: a whole study, from bases to a report, as child runs of one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from entrypoints.command_line import run_command
from entrypoints.options import Options
from pipeline.config import TuneConfig, read_study


def main(arguments: Sequence[str]) -> None:
    """Run a study; print its result table, where the report is, and how to look at its runs."""
    options = Options(prog="python -m entrypoints.main", description=__doc__)
    options.add_argument("--study", required=True, help="study file, e.g. studies/demo.yaml")
    path = Path(options.parse_args(arguments).study)
    from pipeline.tracking.catalogue import catalogue

    study = read_study(path, catalogue())
    from pipeline.tuning.hub_check import refuse_out_of_reach

    refuse_out_of_reach(TuneConfig.model_validate(cell.tune) for cell in study.cells())
    from pipeline.tracking.stages.study import run_study
    from pipeline.tracking.store import how_to_browse, open_store

    open_store()
    finished = run_study(study)
    print(f"\n{finished.report.terminal}\n\nReport:  {finished.report.place}")
    print(f"Runs:    {how_to_browse()}")


if __name__ == "__main__":
    run_command(main)
