"""The list of an archive's files with their checksums, and the check of an archive against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import IO
from zipfile import ZipFile

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import Problem

MANIFEST = "manifest.json"
FORMAT = 1
BLOCK = 1 << 20


@dataclass(frozen=True)
class Contents:
    """What an archive holds.

    Parameters
    ----------
    study : str
        Run id of the study.
    title : str
        Its name.
    sums : dict of str to str
        Path in the archive -> SHA-256 of the file.
    format : int
        Of the archive; raised when an older version of this project could not read it.
    """

    study: str
    title: str
    sums: dict[str, str]
    format: int = FORMAT

    def text(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def read_contents(archive: ZipFile) -> Contents:
    """Read what an archive says it holds.

    Raises
    ------
    KeyError, ValueError
        It is no archive of a study.
    """
    try:
        contents = TypeAdapter(Contents).validate_json(archive.read(MANIFEST), strict=True)
    except ValidationError as error:
        raise ValueError(f"a {MANIFEST} of something else") from error
    if contents.format != FORMAT or not contents.sums:
        raise ValueError(f"format {contents.format}")
    return contents


def problems_of(where: str, archive: ZipFile, contents: Contents) -> Iterator[Problem]:
    """Find the files of an archive that are missing, of no study, misplaced or damaged."""
    remedy = "Export the study again, or fetch the archive again."
    names = set(archive.namelist()) - {MANIFEST}
    for name in sorted(names ^ contents.sums.keys()):
        finding = "none" if name in contents.sums else "one that is in no list"
        yield Problem(f"{where}: {name}", "the files that were exported", finding, remedy)
    for name in sorted(names & contents.sums.keys()):
        if not _stays_inside(name):
            yield Problem(f"{where}: {name}", "a place inside the store", "one outside", remedy)
        elif (finding := _sum_in(archive, name)) != contents.sums[name]:
            yield Problem(f"{where}: {name}", "the file that was exported", finding, remedy)


def sum_of(file: IO[bytes]) -> str:
    """Give the SHA-256 of a file, read block by block."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _sum_in(archive: ZipFile, name: str) -> str:
    import zlib
    from zipfile import BadZipFile

    try:
        with archive.open(name) as file:
            return sum_of(file)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return "a damaged one"


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
