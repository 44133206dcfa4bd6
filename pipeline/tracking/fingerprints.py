"""When is a stage the same as one that already ran? When its settings, code and inputs are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

PIPELINE = Path(__file__).parent.parent
#: Files that say what is computed, and how it is shown.
SOURCES = (".py", ".j2")


@cache
def code_digest(packages: tuple[str, ...]) -> str:
    """SHA-256 over the source of some of the project's packages, templates of pages included.

    Parameters
    ----------
    packages : tuple of str
        Folders or modules below ``pipeline``, e.g. ``('data', 'tuning')``.
    """
    digest = hashlib.sha256()
    for package in packages:
        place = PIPELINE / package
        inside = (path for path in place.rglob("*") if path.suffix in SOURCES)
        paths = sorted(inside) if place.is_dir() else [place.with_suffix(".py")]
        for path in paths:
            digest.update(path.relative_to(PIPELINE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(
    stage: str,
    settings: Mapping[str, Any],
    inputs: Mapping[str, str],
    packages: Sequence[str],
) -> str:
    """Sum up everything that a stage's result depends on.

    Parameters
    ----------
    stage : str
    settings : mapping
        JSON values. Paths must not be among them: what lies there counts, not where.
    inputs : mapping of str to str
        Digests and run ids of what the stage reads.
    packages : sequence of str
        The code it uses, see :func:`code_digest`.
    """
    whole = {
        "stage": stage,
        "settings": dict(settings),
        "inputs": dict(inputs),
        "code": code_digest(tuple(packages)),
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
