"""Writes what a harness found into docs/reliability.md, between the marks of its part."""

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

NOTE = Path(__file__).parents[2] / "docs" / "reliability.md"


def write_part(name, text):
    """Replace a part of the note with what was found now."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    note = NOTE.read_text(encoding="utf-8")
    stamp = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}"
    body = f"{begin}{text.strip()}\n\n*Written by the run of {stamp}.*\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    assert pattern.search(note), f"{NOTE} has no part '{name}'"
    NOTE.write_text(pattern.sub(lambda _: body, note), encoding="utf-8")
