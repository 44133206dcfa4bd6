"""The files of a report: tables as CSV and LaTeX, figures as SVG and PDF, references as BibTeX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.reporting.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES, FIGURES, REFERENCES = "tables", "figures", "references.bib"
PAGE, SUMMARY = "report.html", "summary.md"
PNG_DOTS_PER_INCH = 160
#: Signs that LaTeX needs in other letters.
_LATEX_SIGNS = {
    "\u2212": "$-$",
    "±": r"$\pm$",
    "†": r"\textdagger{}",
    "—": "---",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
}

#: What LaTeX would read as its own; pandas escapes cells, and not captions.
_LATEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def latex_of(table: Table) -> str:
    """Write a table as LaTeX with booktabs' rules; its note becomes the caption."""
    latex = table.texts.astype(str).to_latex(
        index=False,
        escape=True,
        column_format="l" * table.n_labels + "r" * (table.texts.shape[1] - table.n_labels),
        caption=f"{table.title}. {table.note}".strip().translate(_LATEX_ESCAPES),
        label=f"tab:{table.name}",
        position="htbp",
    )
    for sign, command in _LATEX_SIGNS.items():
        latex = latex.replace(sign, command)
    return f"% needs \\usepackage{{booktabs}}\n{latex}"


def write_table(table: Table, folder: Path) -> Iterator[Path]:
    """Write ``<name>.csv`` with all digits and ``<name>.tex`` as shown; yield both paths."""
    numbers, latex = folder / f"{table.name}.csv", folder / f"{table.name}.tex"
    table.values.to_csv(numbers, index=False)
    latex.write_text(latex_of(table), encoding="utf-8")
    yield from (numbers, latex)


def write_figure(name: str, figure: Figure, drawing: str, folder: Path) -> Iterator[Path]:
    """Write ``<name>.svg`` and ``<name>.pdf``; yield both paths."""
    from matplotlib import rc_context

    from pipeline.reporting.figures.style import STYLE

    svg, pdf = folder / f"{name}.svg", folder / f"{name}.pdf"
    svg.write_text(drawing, encoding="utf-8")
    with rc_context(STYLE):
        figure.savefig(pdf, metadata={"CreationDate": None})
    yield from (svg, pdf)
