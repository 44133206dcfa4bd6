"""``report``: a study's runs in, tables, figures and one page out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.entities import Run

from pipeline.config import ReportConfig
from pipeline.reporting.report import Report, build_report, write_report
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.lineage import latest_study, read_lineage
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    artifact,
    log,
    logged_folder,
    once,
    visible_refusal,
)
from pipeline.tracking.stages.report.gather import study_results

CODE = ("reporting", "tracking/stages/report")
PAGE, TERMINAL = "report.html", "terminal.txt"


@dataclass(frozen=True)
class Reported:
    """A report as logged: where its page is, and the table for a terminal."""

    run_id: str

    @property
    def page(self) -> Path:
        """The page, on this machine."""
        return artifact(self.run_id, PAGE)

    @property
    def terminal(self) -> str:
        """The table printed at the end of a study."""
        return artifact(self.run_id, TERMINAL).read_text(encoding="utf-8")

    @property
    def summary(self) -> str:
        """The markdown summary."""
        return artifact(self.run_id, "summary.md").read_text(encoding="utf-8")


def run_report(config: ReportConfig) -> Reported:
    """Report a study, or find the report made of the same runs before.

    Raises
    ------
    PipelineError
        When there is no such study, or what its runs logged is gone or damaged.
    """
    stage = Stage("report", "report", settings=config.model_dump())
    with visible_refusal(stage):
        study = config.study or latest_study()
        asks, links = read_lineage(study)
        title = mlflow.get_run(study).data.tags["mlflow.runName"]
    simulated = " (simulated subjects)" if any(link.simulated for link in links) else ""
    inputs = {f"{n}": f"{link.tune_run} {link.align_run}" for n, link in enumerate(links)}
    stage = Stage(
        "report",
        f"report of {title}{simulated if simulated not in title else ''}",
        fingerprint("report", {"asks": asks, "title": title}, inputs, CODE),
        {"study": study},
    )

    def work(_: Run) -> None:
        report = build_report(study_results(asks, links))
        _log(report)

    return Reported(once(stage, work, _has_page))


def _has_page(run: Run) -> bool:
    return any(f.path == PAGE for f in mlflow.MlflowClient().list_artifacts(run.info.run_id))


def _log(report: Report) -> None:
    with logged_folder() as folder:
        write_report(report, folder)
        (folder / TERMINAL).write_text(report.terminal, encoding="utf-8")
    mlflow.set_tag(NOTE, report.markdown)
    log.info("  %d tables, %d figures", len(report.tables), len(report.figures))
