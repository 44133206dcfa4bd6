"""The report of a study, made from its results; only :func:`write_report` touches files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.errors import DataError, Problem, refuse
from pipeline.reporting.alpha_borders import SETTING, border_shares
from pipeline.reporting.answer import Answer, answer_of
from pipeline.reporting.asked_contrasts import asked_contrasts
from pipeline.reporting.figures.answer import answer_figure
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.style import STYLE, svg_of
from pipeline.reporting.files import (
    FIGURES,
    PAGE,
    PNG_DOTS_PER_INCH,
    REFERENCES,
    SUMMARY,
    TABLES,
    write_figure,
    write_table,
)
from pipeline.reporting.page import render_page
from pipeline.reporting.references import bibtex_for
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections import sections_of
from pipeline.reporting.summary import markdown_summary, terminal_table
from pipeline.reporting.table import Table

__all__ = ["Report", "StudyResults", "build_report", "write_report"]


@dataclass(frozen=True)
class Report:
    """A study's report, not yet written.

    Parameters
    ----------
    html, markdown, terminal : str
        The page, the description of a run, the table printed at the end of a study.
    bibtex : str
        References for what the study used.
    tables : dict of str to Table
        Every table of the page, by file name.
    figures : dict of str to Figure
        The same for figures, and that of the answer; the main one first.
    drawings : dict of str to str
        The figures as SVG.
    """

    html: str
    markdown: str
    terminal: str
    bibtex: str
    tables: dict[str, Table]
    figures: dict[str, Figure]
    drawings: dict[str, str]


def build_report(results: StudyResults) -> Report:
    """Make every table, figure and text of a study."""
    sections = sections_of(results)
    answer, title = answer_of(results), results.full_title
    main = list(_answer_figures(results, answer))
    blocks = [*main, *(block for _, content in sections.values() for block in content.blocks)]
    tables = {block.name: block for block in blocks if isinstance(block, Table)}
    named = {block.name: block for block in blocks if isinstance(block, NamedFigure)}
    refuse(_repeated_names(blocks), DataError)
    figures = {name: figure.draw() for name, figure in named.items()}
    drawings = {name: svg_of(figure) for name, figure in figures.items()}
    settings = {**results.settings, SETTING: border_shares(results.brain_scores)}
    cells = results.brain_scores[["base", "method", "brain"]]
    return Report(
        html=render_page(title, answer, sections, drawings, settings, results.lineage),
        markdown=markdown_summary(
            title,
            answer,
            list(tables.values()),
            picture=f"{FIGURES}/{main[0].name}.svg" if main else "",
        ),
        terminal=terminal_table(title, answer.lines, results.tasks, results.summary),
        bibtex=bibtex_for(cells.stack().unique()),
        tables=tables,
        figures=figures,
        drawings=drawings,
    )


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write the page, the summary, references, and every table and figure in files of their own.

    Parameters
    ----------
    report : Report
    folder : Path
        Made where it is missing; files of the same names are replaced.

    Returns
    -------
    list of Path
        What was written, the page first: ``report.html``, ``summary.md``, ``references.bib``,
        ``tables/*.csv`` and ``.tex``, ``figures/*.svg`` and ``.pdf``, and the main figure as
        ``.png``, which MLflow can show.
    """
    for place in (folder, folder / TABLES, folder / FIGURES):
        place.mkdir(parents=True, exist_ok=True)
    texts = {PAGE: report.html, SUMMARY: report.markdown, REFERENCES: report.bibtex}
    paths = [folder / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    for table in report.tables.values():
        paths += write_table(table, folder / TABLES)
    for name, figure in report.figures.items():
        paths += write_figure(name, figure, report.drawings[name], folder / FIGURES)
    main = next(iter(report.figures), None)
    if main is not None:
        paths.append(folder / FIGURES / f"{main}.png")
        with rc_context(STYLE):
            report.figures[main].savefig(paths[-1], dpi=PNG_DOTS_PER_INCH)
    return paths


def _answer_figures(results: StudyResults, answer: Answer) -> Iterator[NamedFigure]:
    """Draw the answer, in the direction that gave it; nothing where nothing was compared."""
    contrasts = asked_contrasts(results)
    if not contrasts.empty:
        primary = contrasts[contrasts["direction"] == answer.directions[0]]
        yield answer_figure(results, answer.headline, primary)


def _repeated_names(blocks: Iterable[Table | NamedFigure]) -> list[Problem]:
    names = [(type(block), block.name) for block in blocks]
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
