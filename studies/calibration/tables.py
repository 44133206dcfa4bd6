"""Tables in markdown, put between their marks in docs/evidence.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"


def line_of(cells: Iterable[object]) -> str:
    """Write a line of a table in markdown."""
    return "| " + " | ".join(map(str, cells)) + " |"


def write_between(marks: tuple[str, str], table: str, page: Path = PAGE) -> None:
    """Put a table between its marks in a page."""
    begin, end = marks
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
