"""The page of a study: one HTML file that can be read without anything beside it."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.reporting.answer import Answer
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.style import FIGURE_WIDTH, follows_page
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table
from pipeline.reporting.views import slug

SAFE_LINKS = ("https://", "http://")  # a 'javascript:' address would run in the reader's browser
LONG_CELL = 19  # characters; tables with longer cells are set smaller
SHORT_ID = 8  # characters of a run id or digest that are shown


@dataclass(frozen=True)
class Label:
    """A row's label and the number of rows it spans; 0: covered from above."""

    text: str
    span: int


@dataclass(frozen=True)
class TableRow:
    """A table row: its labels, its cells, and the anchor of the model it is about."""

    labels: tuple[Label, ...]
    cells: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Block:
    """A numbered table or figure, ready for the template."""

    number: str
    title: str
    note: str
    files: tuple[tuple[str, str], ...]
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()
    dense: bool = False
    image: str = ""
    alt: str = ""
    wide: bool = False


@dataclass(frozen=True)
class PagePart:
    """A section of the page, ready for the template."""

    name: str
    title: str
    folded: bool
    intro: str
    warning: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class TableCell:
    """A cell of the table of runs."""

    text: str
    short: str
    link: str = ""


def render_page(
    title: str,
    answer: Answer,
    sections: Mapping[str, tuple[Section, Content]],
    drawings: Mapping[str, str],
    settings: Mapping[str, object],
    lineage: pd.DataFrame,
) -> str:
    """Render the page.

    Parameters
    ----------
    title : str
        Shown as it is: says "simulated subjects" where they are.
    answer : Answer
    sections : mapping of str to (Section, Content)
        As :func:`pipeline.reporting.sections.sections_of` gives them.
    drawings : mapping of str to str
        Name of a figure -> SVG.
    settings : mapping of str to object
        What was computed how, shown as a list.
    lineage : DataFrame
        As ``StudyResults.lineage``: ids of runs, versions and digests in the order of columns; a
        column ``<name>_link`` is the address of column ``<name>``.

    Returns
    -------
    str
        HTML, every value escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    anchors = {_anchor(*names) for names in _model_names(lineage)}
    page = environment.get_template("page.html.j2").render(
        title=title,
        answer=answer,
        parts=list(_parts(sections, drawings, anchors)),
        settings={str(name): setting_text(value) for name, value in settings.items()},
        lineage=_lineage(lineage),
    )
    return page.lstrip()


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


def _parts(
    sections: Mapping[str, tuple[Section, Content]], drawings: Mapping[str, str], anchors: set[str]
) -> Iterator[PagePart]:
    table_numbers, figure_numbers = itertools.count(1), itertools.count(1)
    for name, (section, content) in sections.items():
        blocks = tuple(
            _table_block(block, f"Table {next(table_numbers)}", anchors)
            if isinstance(block, Table)
            else _figure_block(block, drawings[block.name], f"Figure {next(figure_numbers)}")
            for block in content.blocks
        )
        yield PagePart(name, section.title, section.folded, content.intro, content.warning, blocks)


def _figure_block(named: NamedFigure, drawing: str, number: str) -> Block:
    # Inside an <img> an SVG can neither run scripts nor share ids with another figure.
    encoded = base64.b64encode(follows_page(drawing).encode()).decode()
    return Block(
        number,
        named.title,
        named.caption,
        files=tuple((kind.upper(), f"figures/{named.name}.{kind}") for kind in ("svg", "pdf")),
        image=f"data:image/svg+xml;base64,{encoded}",
        alt=named.alt,
        wide=_width(drawing) >= FIGURE_WIDTH,
    )


def _width(drawing: str) -> float:
    """Read the width of a drawing in inches; matplotlib writes points."""
    return float(drawing.split("<svg ", 1)[1].split('width="', 1)[1].split("pt", 1)[0]) / 72


def _table_block(table: Table, number: str, anchors: set[str]) -> Block:
    names = [str(column) for column in table.texts.columns]
    cells = table.texts.iloc[:, table.n_labels :]
    return Block(
        number,
        table.title,
        table.note,
        files=(
            ("CSV", f"tables/{table.name}.csv"),
            ("LaTeX", f"tables/{table.name}.tex"),
        ),
        labels=tuple(names[: table.n_labels]),
        columns=tuple(names[table.n_labels :]),
        rows=tuple(_rows(table, anchors)),
        dense=bool(cells.size and cells.map(len).to_numpy().max() > LONG_CELL),
    )


def _rows(table: Table, anchors: set[str]) -> Iterator[TableRow]:
    texts = table.texts.astype(str).to_numpy().tolist()
    n_labels = table.n_labels
    spans = [_spans(texts, n) for n in range(1, n_labels)] + [[1] * len(texts)]
    models = (_anchor(*model) for model in table.models)
    for row, spanned, anchor in itertools.zip_longest(
        texts, zip(*spans, strict=True), itertools.islice(models, len(texts)), fillvalue=""
    ):
        labels = tuple(map(Label, row[:n_labels], spanned))
        yield TableRow(labels, tuple(row[n_labels:]), anchor if anchor in anchors else "")


def _spans(texts: list[list[str]], n_labels: int) -> list[int]:
    """Count, where the first labels change, the rows that share them; 0 in the rows below."""
    runs = [len(list(run)) for _, run in itertools.groupby(texts, key=lambda r: r[:n_labels])]
    return [span for run in runs for span in (run, *([0] * (run - 1)))]


def _anchor(base: str, task: str, method: str) -> str:
    return slug(f"model {base} {task} {method}")


def _model_names(lineage: pd.DataFrame) -> list[tuple[str, str, str]]:
    if lineage.empty:
        return []
    return list(lineage[["base", "task", "method"]].astype(str).itertuples(index=False, name=None))


def _lineage(lineage: pd.DataFrame) -> dict[str, object]:
    """Lay out the runs: a row for each model and brain; the first of a model carries its anchor."""
    columns = [str(c) for c in lineage.columns if not str(c).endswith("link")]
    rows, anchors = [], set()
    for names, row in zip(_model_names(lineage), lineage.to_dict("records"), strict=True):
        anchor = _anchor(*names)
        cells = [_cell(str(row[c]), str(row.get(f"{c}_link", ""))) for c in columns]
        rows.append({"anchor": "" if anchor in anchors else anchor, "cells": cells})
        anchors.add(anchor)
    return {"columns": [c.replace("_", " ") for c in columns], "rows": rows}


def _cell(text: str, link: str) -> TableCell:
    is_id = len(text) >= 32 and text.isalnum()
    safe = link if link.lower().startswith(SAFE_LINKS) else ""
    return TableCell(text, text[:SHORT_ID] if is_id else text, safe)
