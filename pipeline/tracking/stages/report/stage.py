"""``report``: the runs of a study, or others, in; tables, figures and one page out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.config import ReportConfig
from pipeline.reporting.files import FIGURES, PAGE, SUMMARY
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import valid_name
from pipeline.tracking.places import is_read_only
from pipeline.tracking.remembered import runs_remembered
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    artifact,
    finished_run,
    log,
    logged_folder,
    once,
    visible_refusal,
)
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.aligned import MAPS
from pipeline.tracking.store import run_link

if TYPE_CHECKING:
    from pipeline.reporting.report import Report
    from pipeline.reporting.results import StudyResults

TERMINAL = "terminal.txt"
CONTRASTS, OVERALL, FAMILIES = "contrasts.csv", "overall.csv", "families.csv"
SPECIFICATIONS = "specifications.csv"
DIGITS = 4  # in MLflow's tables; the files hold every one


@dataclass(frozen=True)
class Reported:
    """A report: where its page is, and the table for a terminal.

    Parameters
    ----------
    run_id : str
        The run it is logged to; empty where the store can be read only.
    folder : Path, optional
        Where it lies if it is logged to no run.
    """

    run_id: str
    folder: Path | None = None

    @property
    def page(self) -> Path:
        """The page, on this machine."""
        return self._file(PAGE)

    @property
    def place(self) -> str:
        """Where a person finds the page: a path from here, or an address on the store's server."""
        if self.run_id:
            link = run_link(mlflow.get_run(self.run_id).info.experiment_id, self.run_id)
            if link:
                return f"{link}/artifacts/{PAGE}"
        return os.path.relpath(self.page)

    @property
    def terminal(self) -> str:
        """The table printed at the end of a study."""
        return self._file(TERMINAL).read_text(encoding="utf-8")

    @property
    def summary(self) -> str:
        """The markdown summary."""
        return self._file(SUMMARY).read_text(encoding="utf-8")

    @property
    def contrast_metrics(self) -> dict[str, float]:
        """The mean contrasts of the study with their intervals, as metrics of its run."""
        overall, families = (read_overall(self._file(name)) for name in (OVERALL, FAMILIES))
        return {**overall_metrics(overall), **family_metrics(families)}

    def _file(self, name: str) -> Path:
        return self.folder / name if self.folder else artifact(self.run_id, name)


def run_report(config: ReportConfig) -> Reported:
    """Report a study or single align runs, or find the report made of the same before.

    Raises
    ------
    PipelineError
        When there is no such study or run, or what was logged is gone or damaged.
    """
    stage = Stage("report", "report", settings=config.model_dump())
    with visible_refusal(stage):
        about = what_to_report(config)
        study, title, asks, links = about.study, about.title, about.asks, about.links
        further = about.further
    simulated = " (simulated subjects)" if any(link.simulated for link in links) else ""
    inputs = {
        f"{n}": f"{link.tune_run} {link.align_run}" for n, link in enumerate([*links, *further])
    }
    stage = stage.settled(
        f"report of {title}{simulated if simulated not in title else ''}",
        fingerprint(
            "report",
            {"asks": asks, "title": title, "margin": config.margin, "family": config.family},
            inputs,
            run_report,
        ),
        {"study": study, "runs": config.runs, "margin": config.margin, "family": config.family},
        {},
    )

    def build() -> tuple[Report, StudyResults]:
        # imported where there is something to draw: scipy.stats and matplotlib take a second
        from pipeline.reporting.report import build_report
        from pipeline.tracking.stages.report.gather import study_results

        with runs_remembered():
            results = study_results(asks, links, config.margin, config.family, further)
        return build_report(results), results

    def work(_: Run) -> None:
        _log(*build())

    if is_read_only():
        done = finished_run(stage.fingerprint, is_whole)
        if done is not None:
            return Reported(done)
        return Reported("", _write_here(*build(), study))
    return Reported(once(stage, work, is_whole))


def read_overall(path: Path) -> pd.DataFrame:
    """Read the mean contrasts of a report; no rows where there are none."""
    try:
        table = pd.read_csv(path, dtype={"reason": str})
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    return table.assign(reason=table.reason.fillna(""))


def overall_metrics(overall: pd.DataFrame) -> dict[str, float]:
    """Name the mean contrasts of a study as metrics of its run.

    Parameters
    ----------
    overall : DataFrame
        See :class:`pipeline.alignment.contrasts.table.Contrasts`.

    Returns
    -------
    dict
        ``contrast/<direction>/<method_a>-<method_b>``, and below it ``low``, ``high`` and ``p``
        where there is an interval. Where there are several, brain dataset and split stand before
        the direction.
    """
    metrics: dict[str, float] = {}
    for row, place in _placed(overall):
        # models that are compared as they are may have any name
        name = f"contrast/{place}/{valid_name(f'{row.method_a}-{row.method_b}')}"
        metrics |= {name: round(float(row.difference), DIGITS), **_tested(row, name)}
    return metrics


def family_metrics(families: pd.DataFrame) -> dict[str, float]:
    """Name the mean contrast over the primary family, the one number of a study, as metrics.

    Parameters
    ----------
    families : DataFrame
        See :class:`pipeline.alignment.contrasts.table.Contrasts`.

    Returns
    -------
    dict
        ``family/<direction>``, and below it ``low``, ``high`` and ``p`` where there is an interval,
        and ``p_sign_flip``, the joint test over subjects.
    """
    metrics: dict[str, float] = {}
    for row, place in _placed(families):
        name = f"family/{place}"
        joint = {f"{name}/p_sign_flip": float(row.p_sign_flip)}
        metrics |= {name: round(float(row.difference), DIGITS), **_tested(row, name), **joint}
    return metrics


def _placed(table: pd.DataFrame) -> Iterator[tuple[Any, str]]:
    """Yield rows with their direction, after brain dataset and split where there are several."""
    several = [c for c in ("brain", "split") if not table.empty and table[c].nunique() > 1]
    for row in table.itertuples():
        yield row, "/".join(str(getattr(row, column)) for column in (*several, "direction"))


def _tested(row: Any, name: str) -> dict[str, float]:
    if row.reason:
        return {}
    interval = {f"{name}/{end}": round(float(getattr(row, end)), DIGITS) for end in ("low", "high")}
    return {**interval, f"{name}/p": float(f"{row.p:.{DIGITS}g}")}  # which may be far below 0.0001


def shown_in_ui(summary: str, run_id: str) -> str:
    """Let the figure of a summary be found from the UI's page of a run that holds it.

    Parameters
    ----------
    summary : str
        Markdown, with the path of its figure beside it.
    run_id : str
        A run that has the figure among its artifacts.
    """
    return summary.replace(f"]({FIGURES}/", f"](get-artifact?run_uuid={run_id}&path={FIGURES}/")


def _write_here(report: Report, results: StudyResults, study: str) -> Path:
    """Write a report that no run can hold into this directory."""
    folder = Path.cwd() / f"report-{study[:8] or 'of-runs'}"
    folder.mkdir(exist_ok=True)
    _write(report, results, folder)
    return folder


def _write(report: Report, results: StudyResults, folder: Path) -> None:
    from pipeline.reporting.report import write_report
    from pipeline.tracking.stages.report.voxel_contrasts import write_contrast_maps

    write_report(report, folder)
    results.contrasts.to_csv(folder / CONTRASTS, index=False)
    results.overall.to_csv(folder / OVERALL, index=False)
    results.families.to_csv(folder / FAMILIES, index=False)
    results.specifications.to_csv(folder / SPECIFICATIONS, index=False)
    write_contrast_maps(results.voxel_contrasts, folder / MAPS)
    (folder / TERMINAL).write_text(report.terminal, encoding="utf-8")


def _log(report: Report, results: StudyResults) -> None:
    with logged_folder() as folder:
        _write(report, results, folder)
    mlflow.set_tag(NOTE, shown_in_ui(report.markdown, mlflow.active_run().info.run_id))
    log.info("  %d tables, %d figures", len(report.tables), len(report.figures))
