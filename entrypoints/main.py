"""Entry point ``main``: a whole study, from bases to a report, as child runs of one run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from entrypoints.command_line import run_command
from pipeline.config import StudyConfig, TuneConfig, read_study


def main(arguments: Sequence[str]) -> None:
    """Run a study; print its result table, where the report is, and how to look at its runs."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.main", description=__doc__)
    parser.add_argument("--study", required=True, help="study file, e.g. studies/demo.yaml")
    path = Path(parser.parse_args(arguments).study)
    from pipeline.tuning.hub_check import ask_where_needed, refuse_out_of_reach

    for settings in _glance_at(path):
        ask_where_needed(TuneConfig.model_construct(**settings))  # it answers during the imports
    from pipeline.tracking.catalogue import catalogue

    study = read_study(path, catalogue())
    refuse_out_of_reach(TuneConfig.model_validate(cell.tune) for cell in study.cells())
    from pipeline.tracking.stages.study import run_study
    from pipeline.tracking.store import how_to_browse, open_store

    open_store()
    finished = run_study(study)
    print(f"\n{finished.report.terminal}\n\nReport:  {finished.report.place}")
    print(f"Runs:    {how_to_browse()}")


def _glance_at(path: Path) -> Iterator[Mapping[str, Any]]:
    """Read what a study tunes, unchecked; nothing where the file is not in order."""
    import yaml

    try:
        study = StudyConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError):
        return  # reading it in earnest says why
    yield from (cell.tune for cell in study.cells())


if __name__ == "__main__":
    run_command(main)
