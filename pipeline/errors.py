"""Errors that a user can mend: each names what was expected, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in the words of the person who has to mend it.

    Parameters
    ----------
    where : str
        The field, file or run concerned.
    expected, found : str
        What should have been there and what is.
    remedy : str
        What to do about it.
    """

    where: str
    expected: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; found {self.found}. {self.remedy}"


class PipelineError(Exception):
    """A refusal that carries every problem found, not just the first.

    Parameters
    ----------
    problems : Problem
        In the order in which they are told.
    more : int
        How many more there are, which would only fill the screen.
    """

    def __init__(self, *problems: Problem, more: int = 0) -> None:
        self.problems, self.more = problems, more
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Callable[..., PipelineError], tuple[object, ...]]:
        """Let problems travel whole from the process that found them."""
        return _again, (type(self), self.problems, self.more)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        listed = "\n".join(f"  {number}. {p}" for number, p in enumerate(self.problems, start=1))
        rest = f"\n  and {self.more:,} more" if self.more else ""
        return f"{len(self.problems) + self.more:,} problems:\n{listed}{rest}"


def _again(kind: type[PipelineError], problems: Sequence[Problem], more: int) -> PipelineError:
    return kind(*problems, more=more)


class ConfigError(PipelineError):
    """A command or a study asks for something that does not exist or does not fit together."""


class DataError(PipelineError):
    """Task data or brain data is missing, damaged or does not match."""


class BaseUnreachableError(PipelineError):
    """The weights of a base can be found neither here nor on the hub."""


class AlignmentError(PipelineError):
    """The alignment asked for has no answer: too few stimuli, a leak, a constant pattern."""


class TuningError(PipelineError):
    """A base cannot be adapted as asked, or training broke down."""


class RegistryError(PipelineError):
    """A model, alias or run that a stage needs is not in the store."""


def refuse(problems: Iterable[Problem], kind: type[PipelineError], most: int | None = None) -> None:
    """Raise one error that lists all problems, or return if there are none.

    Parameters
    ----------
    problems : iterable of Problem
    kind : type of PipelineError
    most : int, optional
        Problems that are listed; the others are counted. None: all are listed.

    Raises
    ------
    PipelineError
        Of the given kind, when ``problems`` is not empty.
    """
    all_problems = tuple(problems)
    if all_problems:
        raise kind(*all_problems[:most], more=len(all_problems[most:]) if most else 0)


def nearest(name: str, known: Sequence[str]) -> str:
    """Say which known name was probably meant, then list them all."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    return f"{hint}Known: {', '.join(sorted(known))}."
