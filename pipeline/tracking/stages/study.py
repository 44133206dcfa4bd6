"""A whole study: every model of its grids tuned, extracted and aligned, then one report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import mlflow

from pipeline.config import Cell, ReportConfig, StudyConfig, UntunedModel
from pipeline.data.minimal_pairs import read_minimal_pairs
from pipeline.reporting.files import FIGURES, PAGE, TABLES
from pipeline.tracking.browsing import guide_readers
from pipeline.tracking.lineage import log_lineage
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import NOTE, Stage, artifact, stage_run
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.stages.cell_workers import links_by_workers
from pipeline.tracking.stages.report.stage import Reported, run_report, shown_in_ui


@dataclass(frozen=True)
class Studied:
    """A finished study: its run, its experiment and its report."""

    run_id: str
    experiment_id: str
    report: Reported


def run_study(study: StudyConfig, workers: int = 1, scheduler: str = "") -> Studied:
    """Run every stage of a study as a child of one run; stages already done are reused.

    Parameters
    ----------
    study : StudyConfig
    workers : int
        Tuned models that are worked on at once, each in a process of its own.
    scheduler : str
        Address of a dask scheduler whose workers do it instead; empty: this machine.

    Raises
    ------
    PipelineError
        From the first stage that cannot be completed; what is finished stays and is reused. Of
        minimal pairs that cannot be read, before anything is tuned.
    """
    simulated = " (simulated subjects)" if _any_simulated(study) else ""
    settings = {"asks": study.asks, "margin": study.margin, "family": study.family}
    stage = Stage("study", f"{study.name}{simulated}", settings=settings)
    if study.minimal_pairs:
        read_minimal_pairs(Path(study.minimal_pairs))  # refused before anything is tuned
    started = time.monotonic()
    with stage_run(stage) as run:
        mlflow.set_tag(NOTE, f"{study.asks}\n\n*Running.*")
        cells: list[Cell | UntunedModel] = [*study.cells(), *study.untuned_models()]
        if workers > 1 or scheduler:
            links = links_by_workers(cells, run.info.run_id, workers, scheduler)
        else:
            links = [link for cell in cells for link in links_of(cell)]
        log_lineage(links, study.asks)
        report = run_report(
            ReportConfig(study=run.info.run_id, margin=study.margin, family=study.family)
        )
        mlflow.log_artifact(str(report.page))
        for folder in (TABLES, FIGURES):
            mlflow.log_artifacts(str(artifact(report.run_id, folder)), folder)
        mlflow.log_metrics(report.contrast_metrics)
        declared = [link for link in links if link.is_declared]
        reused = sum(not _is_child(link.tune_run, run.info.run_id) for link in declared)
        summary = shown_in_ui(report.summary, run.info.run_id)
        note = f"{summary}\n\nThe whole report: Artifacts, `{PAGE}`."
        if reused:
            note += f" {reused} of {len(declared)} models were reused from earlier studies."
        mlflow.set_tag(NOTE, note)
        guide_readers(run.info.run_id)
        mlflow.log_metric("minutes", (time.monotonic() - started) / 60)
    return Studied(run.info.run_id, run.info.experiment_id, report)


def _is_child(run_id: str, parent: str) -> bool:
    return bool(run_with(run_id).data.tags.get("mlflow.parentRunId") == parent)


def _any_simulated(study: StudyConfig) -> bool:
    return any("simulated" in brain["brain"] for grid in study.grids for brain in grid.brains)
