"""Digests of code trails, cached until a source changes: parsing the package takes seconds.

That no source has changed is told, as by make, from the size and times of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.tracking.module_sources import Definition
from pipeline.tracking.user_cache import cache_folder, write_whole

SOURCES = (".py", ".j2")


def cached_digest(package: Path, stage: Definition, digest: Callable[[], str]) -> str:
    """Give the digest of a stage's code, made anew where a file of the package has changed.

    A cache that cannot be read or written costs the seconds, and nothing else.

    Parameters
    ----------
    package : Path
        Folder of the sources.
    stage : (str, str)
        Module and name of the function.
    digest : callable
        Makes the digest.
    """
    name, state = ".".join(stage), _state(package)
    path = cache_folder() / f"code-{hashlib.sha256(str(package).encode()).hexdigest()[:16]}.json"
    cached = _read(path)
    digests = cached["digests"] if cached.get("state") == state else {}
    if name not in digests:
        digests = {**digests, name: digest()}
        with suppress(OSError):
            write_whole(path, json.dumps({"state": state, "digests": digests}, indent=1))
    return str(digests[name])


def _read(path: Path) -> dict[str, Any]:
    """Read a cache; nothing where there is none, or something else."""
    try:
        cached: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cached if isinstance(cached["digests"], dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _state(package: Path) -> str:
    """Sum up the version of Python, which writes trees its own way, and the state of each file."""
    files = sorted((path, *_times(entry)) for path, entry in _sources(package))
    return hashlib.sha256(repr((sys.version, files)).encode()).hexdigest()


def _sources(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _sources(Path(entry.path))
            elif entry.name.endswith(SOURCES):
                yield entry.path, entry


def _times(entry: os.DirEntry[str]) -> tuple[int, int, int, int]:
    status = entry.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
