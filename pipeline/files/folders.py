"""Folders that a person names: text that can be no path of this system names none."""

from __future__ import annotations

from pathlib import Path, PurePath

#: What a text raises that is too long for a path, holds a null, or names an unknown user's home.
NO_PATH = (OSError, ValueError, RuntimeError)


def is_left_behind(path: PurePath) -> bool:
    """Say whether systems or notebooks left a file beside those of a person.

    Parameters
    ----------
    path : PurePath
        Relative to the folder that the person named.

    Examples
    --------
    >>> [is_left_behind(PurePath(name)) for name in ("._a.png", "__MACOSX/a.png", "cats/a.png")]
    [True, True, False]
    """
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def is_folder(text: str) -> bool:
    """Say whether a text, with ``~`` for the home folder, names a folder that is there."""
    try:
        return Path(text).expanduser().is_dir()
    except NO_PATH:
        return False
