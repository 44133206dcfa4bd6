"""Texts that Unicode can write in several ways: an é is one letter, or an e with an accent."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.errors import Problem


def composed(text: str) -> str:
    """Write a text in the composed form (NFC), in which equal texts are equal."""
    return unicodedata.normalize("NFC", text)


def look_alike(where: str, names: Iterable[str]) -> Iterator[Problem]:
    """Find names that are two texts and read as one: of other forms, widths or ligatures (NFKC)."""
    firsts: dict[str, str] = {}
    for name in names:
        first = firsts.setdefault(unicodedata.normalize("NFKC", name), name)
        if first != name:
            finding = f"{first!a} beside {name!a}"
            yield Problem(where, "names that read differently", finding, "Rename one of them.")


def existing_spelling(path: Path) -> Path:
    """Find the spelling in which a file is there; a path without a file stays as it is.

    Some file systems keep names in the decomposed form (NFD), whatever they were given.
    """
    for form in ("NFC", "NFD"):
        other = Path(unicodedata.normalize(form, str(path)))
        if not path.is_file() and other.is_file():
            return other
    return path


def bare_words(text: str) -> str:
    """Leave out case, punctuation, symbols and widths of spaces: what is left tells texts apart.

    Examples
    --------
    >>> bare_words("“Don’t”  stop!")
    'dont stop'
    """
    letters = unicodedata.normalize("NFKC", text).casefold()
    characters = (c for c in letters if unicodedata.category(c)[0] not in "PSC" or c.isspace())
    return " ".join(composed("".join(characters)).split()) or composed(text)
