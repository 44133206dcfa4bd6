"""The user's cache folder: what is made again, at some cost, when it is gone."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Say where this project caches: below ``XDG_CACHE_HOME``, else below ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "brain-alignment"


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, also where other processes write it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
