"""Which of the subjects or ROIs that there are were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.errors import ConfigError, Problem, nearest, refuse


def chosen(setting: str, where: str, asked: Sequence[str], there: Iterable[str]) -> tuple[str, ...]:
    """Keep the names that were asked for, in the order in which they are there.

    Parameters
    ----------
    setting : 'subjects' or 'rois'
    where : str
        File or folder, for the messages.
    asked : sequence of str
        Empty: all.
    there : iterable of str

    Raises
    ------
    ConfigError
        All names at once that are not there.
    """
    known = tuple(there)
    refuse(
        (
            Problem(f"{setting}: {name}", f"one of those in {where}", "none", nearest(name, known))
            for name in asked
            if name not in known
        ),
        ConfigError,
    )
    return tuple(name for name in known if not asked or name in asked)
