"""Entry point ``main``: a whole study, from bases to a report, as child runs of one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from entrypoints.command_line import read_command, run_command
from pipeline.config import MainConfig, StudyConfig, TuneConfig, read_study
from pipeline.errors import ConfigError, refuse
from pipeline.tracking.first_look import holds_no_study


def main(arguments: Sequence[str]) -> None:
    """Run a study; print its result table, where the report is, and how to look at its runs."""
    config = read_command(MainConfig, arguments)
    from pipeline.tracking.catalogue import catalogue

    study = read_study(Path(config.study), catalogue(in_place=not config.dry_run))
    if config.dry_run:
        forecast(study)
    else:
        run(study, config)


def run(study: StudyConfig, config: MainConfig) -> None:
    """Run a study, after a look at what it needs of the hub."""
    from pipeline.tuning.hub_check import refuse_out_of_reach

    cells = list(study.cells())
    tunings = [TuneConfig.model_validate(cell.tune) for cell in cells if cell.regime == "task"]
    bases = [cell.tune["base"] for cell in cells if cell.regime != "task"]
    refuse_out_of_reach(tunings, [*bases, *study.untuned_bases()])
    from pipeline.alignment.dataset.units import check_scheduler

    check_scheduler(config.scheduler)
    if config.workers > 1 and not config.scheduler and holds_no_study():
        from pipeline.tracking.stages.own_workers import import_ahead

        import_ahead()  # there is work to do: while this process imports what it needs itself
    from pipeline.tracking.stages.forecast.checks import refuse_unfit
    from pipeline.tracking.store import is_there, open_store

    there = is_there()
    if there:
        open_store()
    from pipeline.tracking.browsing import how_to_browse
    from pipeline.tracking.remembered import runs_remembered
    from pipeline.tracking.stages.study import run_study

    with runs_remembered():
        refuse_unfit(study, in_store=there)
        if not there:
            open_store()
        finished = run_study(study, config.workers, config.scheduler)
    print(f"\n{finished.report.terminal}\n\nReport:  {finished.report.place}")
    print(f"Runs:    {how_to_browse()}")


def forecast(study: StudyConfig) -> None:
    """Print what a study would take, and refuse what cannot be run here.

    Raises
    ------
    ConfigError
    """
    from pipeline.tracking.stages.forecast.stage import run_forecast

    expected = run_forecast(study)
    print(expected.text)
    refuse(expected.refusals, ConfigError)
    if not expected.missing:
        print("Everything that it needs is here.")


if __name__ == "__main__":
    run_command(main)
