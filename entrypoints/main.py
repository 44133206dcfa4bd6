"""Entry point ``main``: a whole study, from bases to a report, as child runs of one run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from entrypoints.command_line import run_command


def main(arguments: Sequence[str]) -> None:
    """Run a study; print its result table, where the report is, and how to look at its runs."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.main", description=__doc__)
    parser.add_argument("--study", required=True, help="study file, e.g. studies/demo.yaml")
    path = Path(parser.parse_args(arguments).study)
    from pipeline.config import TuneConfig, read_study
    from pipeline.tracking.catalogue import catalogue
    from pipeline.tuning.within_reach import refuse_out_of_reach

    study = read_study(path, catalogue())
    cells = (cell for grid in study.grids for cell in grid.cells())
    refuse_out_of_reach(TuneConfig.model_validate(cell.tune) for cell in cells)
    from pipeline.tracking.stages.study import run_study
    from pipeline.tracking.store import UI_PORT, browse_link, open_store

    open_store()
    finished = run_study(study)
    page = os.path.relpath(finished.report.page)
    print(f"\n{finished.report.terminal}\n\nReport:  {page}")
    print(f"Runs:    make ui, then open {browse_link(UI_PORT)}")


if __name__ == "__main__":
    run_command(main)
