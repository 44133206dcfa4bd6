"""Looking stages up, of which none is to be run: whether all that a study asks for is finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LOOKED_UP: ContextVar[bool] = ContextVar("looked_up", default=False)


class UndoneError(Exception):
    """A stage that was only to be looked up has no finished run."""


@contextmanager
def looked_up() -> Iterator[None]:
    """Only look for finished runs in this block.

    Raises
    ------
    UndoneError
        From the first stage that would have to be run.
    """
    token = _LOOKED_UP.set(True)
    try:
        yield
    finally:
        _LOOKED_UP.reset(token)


def is_looked_up() -> bool:
    """Say whether stages are only looked up here."""
    return _LOOKED_UP.get()


def begin_work(title: str) -> None:
    """Say that the work of a stage begins, which no finished run can stand for.

    Raises
    ------
    UndoneError
        Where stages are only looked up.
    """
    if is_looked_up():
        raise UndoneError(title)
