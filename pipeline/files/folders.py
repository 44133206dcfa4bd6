"""Folders that a person names: text that can be no path of this system names none."""

from __future__ import annotations

from pathlib import Path

#: What a text raises that is too long for a path, holds a null, or names an unknown user's home.
NO_PATH = (OSError, ValueError, RuntimeError)


def is_folder(text: str) -> bool:
    """Say whether a text, with ``~`` for the home folder, names a folder that is there."""
    try:
        return Path(text).expanduser().is_dir()
    except NO_PATH:
        return False
