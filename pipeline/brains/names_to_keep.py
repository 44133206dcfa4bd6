"""Names of subjects and ROIs to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.files.spelling import composed


def names_to_keep(
    setting: str, where: str, selection: Sequence[str], present: Iterable[str]
) -> tuple[str, ...]:
    """Keep the names that are asked for, in the order in which they are there.

    Parameters
    ----------
    setting : 'subjects' or 'rois'
    where : str
        File or folder, for the messages.
    selection : sequence of str
        Empty: all.
    present : iterable of str

    Raises
    ------
    ConfigError
        All names at once that are not there.
    """
    known = tuple(present)
    spellings = {composed(name) for name in known}
    keys = {composed(name) for name in selection} or spellings
    refuse(
        (
            Problem(f"{setting}: {name}", f"one of those in {where}", "none", nearest(name, known))
            for name in selection
            if composed(name) not in spellings
        ),
        ConfigError,
    )
    return tuple(name for name in known if composed(name) in keys)
