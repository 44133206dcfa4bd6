"""From the results of a study to its report; only :func:`write_report` touches files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.errors import DataError, Problem, refuse
from pipeline.reporting import aggregate
from pipeline.reporting.alpha_borders import SETTING, border_shares
from pipeline.reporting.figures.scores import NamedFigure
from pipeline.reporting.figures.style import STYLE, svg_of
from pipeline.reporting.page import render_page
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.order import sections_of
from pipeline.reporting.summary import markdown_summary, terminal_table
from pipeline.reporting.table import Table, unconverged_models
from pipeline.reporting.verdict import verdicts

__all__ = ["Report", "StudyResults", "build_report", "write_report"]

PNG_DOTS_PER_INCH = 160


@dataclass(frozen=True)
class Report:
    """A study's report, not yet written.

    Parameters
    ----------
    html, markdown, terminal : str
        The page, the description of a run, the table printed at the end of a study.
    tables : dict of str to DataFrame
        Tidy numbers behind each table of the page, by file name.
    figures : dict of str to Figure
    drawings : dict of str to str
        The same figures as SVG, as the page holds them.
    """

    html: str
    markdown: str
    terminal: str
    tables: dict[str, pd.DataFrame]
    figures: dict[str, Figure]
    drawings: dict[str, str]


def build_report(results: StudyResults) -> Report:
    """Make every table, figure and text of a study.

    Parameters
    ----------
    results : StudyResults

    Returns
    -------
    Report
    """
    tasks = aggregate.task_summary(results.task_scores)
    summary = aggregate.summarise(aggregate.unit_means(results.brain_scores))
    differences = aggregate.contrasts(results.brain_scores)
    modality_of_task = dict(zip(tasks["task"], tasks["modality"], strict=True))
    scores = results.task_scores
    prompts = set(scores.loc[scores["trains_prompts_only"].astype(bool), "method"])
    found = verdicts(differences, modality_of_task, unconverged_models(tasks), prompts)
    sections = sections_of(results, tasks, summary, differences)
    tables = [b for s in sections for b in s.blocks if isinstance(b, Table)]
    figures = [b for s in sections for b in s.blocks if isinstance(b, NamedFigure)]
    refuse(_repeated_names([*tables, *figures]), DataError)
    title = results.full_title
    drawings = {named.name: svg_of(named.figure) for named in figures}
    settings = {**results.settings, SETTING: border_shares(results.brain_scores)}
    return Report(
        html=render_page(title, found, sections, drawings, settings, results.lineage),
        markdown=markdown_summary(title, found, tables),
        terminal=terminal_table(title, found, tasks, summary),
        tables={table.name: table.values for table in tables},
        figures={named.name: named.figure for named in figures},
        drawings=drawings,
    )


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``report.html``, ``summary.md``, ``tables/*.csv`` and ``figures/*.png`` and ``.svg``.

    Parameters
    ----------
    report : Report
    folder : Path
        Made where it is missing; files of the same names are replaced.

    Returns
    -------
    list of Path
        What was written, the page first.
    """
    for place in (folder, folder / "tables", folder / "figures"):
        place.mkdir(parents=True, exist_ok=True)
    written = [folder / "report.html", folder / "summary.md"]
    for path, text in zip(written, (report.html, report.markdown), strict=True):
        path.write_text(text, encoding="utf-8")
    for name, table in report.tables.items():
        path = folder / "tables" / f"{name}.csv"
        table.to_csv(path, index=False)
        written.append(path)
    for name, figure in report.figures.items():
        drawing, picture = (folder / "figures" / f"{name}.{kind}" for kind in ("svg", "png"))
        drawing.write_text(report.drawings[name], encoding="utf-8")
        with rc_context(STYLE):
            figure.savefig(picture, dpi=PNG_DOTS_PER_INCH)
        written += [drawing, picture]
    return written


def _repeated_names(named: Iterable[Table | NamedFigure]) -> list[Problem]:
    names = [(type(block), block.name) for block in named]
    repeated = sorted({name for kind, name in names if names.count((kind, name)) > 1})
    return [
        Problem(
            f"file name {name}",
            "bases and brains whose names differ in letters or digits",
            "two that would be written to one file",
            "Rename one of them.",
        )
        for name in repeated
    ]
