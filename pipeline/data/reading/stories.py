"""CNN/DailyMail as first distributed: a .story file for each article, and lists of addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.data.reading.folder import split_name
from pipeline.data.reading.raw import read_lines, read_text
from pipeline.data.rows import Row, Rows, Splits
from pipeline.errors import DataError, Problem

_HIGHLIGHT = "@highlight"
_ENDS = (".", "!", "?", "...", "'", "`", '"', "\u2019", "\u201d", ")")


def story_splits(directory: Path) -> Splits:
    """Find the stories of a folder, and the splits that its lists name them in.

    A story's file is named by the SHA-1 of its address; ``all_train.txt``, ``all_val.txt`` and
    ``all_test.txt`` list the addresses, here or in a folder in it.

    Returns
    -------
    Splits
        Rows with the columns ``article`` and ``highlights``, as on the hub.

    Raises
    ------
    DataError
        If there are no lists; when read, if a story that they name is missing.
    """
    stories = {path.stem: path for path in sorted(directory.rglob("*.story"))}
    lists = sorted([*directory.glob("all_*.txt"), *directory.glob("*/all_*.txt")])
    if not lists:
        raise DataError(
            Problem(
                str(directory),
                "all_train.txt, all_val.txt and all_test.txt beside the stories",
                f"{len(stories)} stories and no such list",
                "Fetch the lists of addresses (url_lists) too: they say which story is in which.",
            )
        )
    readers: dict[str, Callable[[], Rows]] = {
        split_name(Path(path.name)): partial(_listed, path, stories) for path in lists
    }
    return Splits(str(directory), readers)


def _listed(path: Path, stories: dict[str, Path]) -> Rows:
    addresses = [line.strip() for line in read_lines(path) if line.strip()]
    names = [hashlib.sha1(a.encode(), usedforsecurity=False).hexdigest() for a in addresses]
    absent = [a for a, name in zip(addresses, names, strict=True) if name not in stories]
    if absent:
        missing = f"{len(absent)} are not there, the first is that of {absent[0][:80]}"
        remedy = "Unpack the stories of both CNN and the Daily Mail below the same folder."
        raise DataError(
            Problem(str(path), f"the stories of {len(names)} addresses", missing, remedy)
        )
    return Rows(
        len(names),
        lambda index: _story(stories[names[index]]),
        lambda index: str(stories[names[index]]),
    )


def _story(path: Path) -> Row:
    """Take a story apart: paragraphs, then highlights, each behind its mark."""
    article: list[str] = []
    highlights: list[str] = []
    part = article
    for line in filter(None, map(str.strip, read_text(path).split("\n"))):
        if line.startswith(_HIGHLIGHT):
            part = highlights
        else:
            part.append(line if line.endswith(_ENDS) else f"{line} .")
    return {"article": " ".join(article), "highlights": "\n".join(highlights)}
