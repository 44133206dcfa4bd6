"""Bytes and lines of files that may be packed, cut short, or in another encoding."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pipeline.data.rows import ASK_ANEW, unreadable
from pipeline.errors import DataError, Problem


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked if its name ends in ``.gz``.

    Raises
    ------
    DataError
        If it cannot be read or unpacked to its end.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error


def read_text(path: Path) -> str:
    """Read a text in UTF-8, with or without a byte order mark.

    Raises
    ------
    DataError
        If it is no UTF-8, with the line where it is not.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte {content[error.start]:#04x} that is none"
        remedy = f"Convert it to UTF-8. {ASK_ANEW}"
        raise DataError(Problem(f"{path}, line {line}", "UTF-8 text", byte, remedy)) from error


def read_lines(path: Path) -> list[str]:
    r"""Read the lines of a text.

    Only ``\n`` and ``\r\n`` end a line: the other characters that Unicode takes for line ends occur
    within lines of real corpora, and splitting there would shift every line after them.
    """
    lines = read_text(path).split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
