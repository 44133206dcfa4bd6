"""The page of a study: one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.reporting.figures.scores import NamedFigure
from pipeline.reporting.inputs import LINEAGE_COLUMNS
from pipeline.reporting.published import CLAIM_LABEL, PUBLISHED_CLAIMS
from pipeline.reporting.table import MISSING, Table

SAFE_LINKS = ("https://", "http://")  # a 'javascript:' address would run in the reader's browser
LONG_CELL = 19  # characters; tables with longer cells are set smaller
ROMAN = ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    title, intro : str
    blocks : tuple of Table or NamedFigure
        In reading order.
    warning : str
        What makes all of it doubtful; empty: nothing does.
    """

    title: str
    intro: str
    blocks: tuple[Table | NamedFigure, ...]
    warning: str = ""


@dataclass(frozen=True)
class Row:
    """A table row: labels with the number of rows each spans (0: covered from above), cells."""

    labels: tuple[tuple[str, int], ...]
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Block:
    """A numbered table or figure, ready for the template."""

    number: str
    title: str
    note: str
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    dense: bool = False
    image: str = ""
    width: int = 0


def render_page(
    title: str,
    verdicts: Sequence[str],
    sections: Sequence[Section],
    drawings: Mapping[str, str],
    settings: Mapping[str, object],
    lineage: pd.DataFrame,
) -> str:
    """Render the page.

    Parameters
    ----------
    title : str
        Shown as it is: says "simulated subjects" where they are.
    verdicts : sequence of str
    sections : sequence of Section
    drawings : mapping of str to str
        Name of a figure -> SVG.
    settings : mapping of str to object
        What was computed how, shown as a list.
    lineage : DataFrame
        Columns base, task, method, seed, model_uri, run_id, link; may be empty.

    Returns
    -------
    str
        HTML, every value escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        title=title,
        verdicts=verdicts,
        claims=PUBLISHED_CLAIMS,
        claim_label=CLAIM_LABEL,
        sections=list(_numbered(sections, drawings)),
        settings={str(name): setting_text(value) for name, value in settings.items()},
        lineage=_lineage_rows(lineage),
    )


def setting_text(value: object) -> str:
    """Write a setting as a person would."""
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {setting_text(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(setting_text(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def roman(number: int) -> str:
    """Write a number from 1 to 89 as tables are numbered: I, II, III, IV."""
    written = ""
    for value, sign in ROMAN:
        count, number = divmod(number, value)
        written += sign * count
    return written


def _numbered(
    sections: Sequence[Section], drawings: Mapping[str, str]
) -> Iterator[tuple[Section, list[Block]]]:
    table_numbers, figure_numbers = itertools.count(1), itertools.count(1)
    for section in sections:
        blocks = [
            _table_block(block, f"Table {roman(next(table_numbers))}")
            if isinstance(block, Table)
            else _figure_block(block, drawings[block.name], f"Figure {next(figure_numbers)}")
            for block in section.blocks
        ]
        yield section, blocks


def _figure_block(named: NamedFigure, drawing: str, number: str) -> Block:
    # Inside an <img> an SVG can neither run scripts nor share ids with another figure.
    encoded = base64.b64encode(drawing.encode()).decode()
    width = round(96 * float(named.figure.get_size_inches()[0]))
    return Block(
        number,
        named.title,
        named.caption,
        image=f"data:image/svg+xml;base64,{encoded}",
        width=width,
    )


def _table_block(table: Table, number: str) -> Block:
    names = [str(column) for column in table.shown.columns]
    return Block(
        number,
        table.title,
        table.note,
        labels=tuple(names[: table.n_labels]),
        columns=tuple(names[table.n_labels :]),
        rows=tuple(_rows(table)),
        dense=bool(table.shown.map(len).to_numpy().max() > LONG_CELL),
    )


def _rows(table: Table) -> Iterator[Row]:
    shown = table.shown.to_numpy().tolist()
    bold = table.bold.to_numpy().tolist()
    n_labels = table.n_labels
    spans = [_spans(shown, n) for n in range(1, n_labels)] + [[1] * len(shown)]
    for row, strong, spanned in zip(shown, bold, zip(*spans, strict=True), strict=True):
        labels = tuple(zip(row[:n_labels], spanned, strict=True))
        yield Row(labels, tuple(zip(row[n_labels:], strong, strict=True)))


def _spans(shown: list[list[str]], n_labels: int) -> list[int]:
    """Count, where the first labels change, the rows that share them; 0 in the rows below."""
    runs = [len(list(run)) for _, run in itertools.groupby(shown, key=lambda r: r[:n_labels])]
    return [span for run in runs for span in (run, *([0] * (run - 1)))]


def _lineage_rows(lineage: pd.DataFrame) -> list[dict[str, str]]:
    if lineage.empty:
        return []
    rows = []
    for values in lineage[list(LINEAGE_COLUMNS)].astype(str).to_numpy().tolist():
        row = dict(zip(LINEAGE_COLUMNS, values, strict=True))
        safe = row["link"].lower().startswith(SAFE_LINKS)
        rows.append({**row, "link": row["link"] if safe else ""})
    return rows
