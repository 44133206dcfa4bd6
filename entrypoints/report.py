"""Entry point ``report``: a study's tables, figures and page."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import ReportConfig
from pipeline.tracking.first_look import check_study


def main(arguments: Sequence[str]) -> None:
    """Report a study and say where the page is."""
    config = read_command(ReportConfig, arguments)
    if not config.runs:
        check_study(config.study)
    from pipeline.tracking.stages.report.stage import run_report
    from pipeline.tracking.store import open_store

    open_store(writing=False)
    report = run_report(config)
    print(report.terminal)
    print(f"report: {report.place}")


if __name__ == "__main__":
    run_command(main)
