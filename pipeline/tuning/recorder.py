"""Interfaces of a tuning to its surroundings: a recorder, and a place for what is not finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.tuning.recipe import Recipe
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.search.search import Outcome

#: Takes a step and the losses that are known at it.
Progress = Callable[[int, Mapping[str, float]], None]


class Recorder(Protocol):
    """Where a tuning reports what happens while it happens."""

    def settled(self, recipe: Recipe, choice: Choice) -> None:
        """Record how the training whose result will be kept is done, once that is known."""

    def progress(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record losses at a step."""

    def trial(self, number: int, choice: Choice) -> AbstractContextManager[Recorder]:
        """Open the record of one search trial."""

    def outcome(self, outcome: Outcome) -> None:
        """Record how the search trial that this is the record of ended."""


class DoneElsewhereError(Exception):
    """Another process has finished the same tuning in the meantime."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


class Silent:
    """Records nothing: for all processes but the first of those that train together."""

    def settled(self, recipe: Recipe, choice: Choice) -> None:
        """Leave the recipe unrecorded."""

    def progress(self, step: int, metrics: Mapping[str, float]) -> None:
        """Leave losses unrecorded."""

    def trial(self, number: int, choice: Choice) -> AbstractContextManager[Silent]:
        """Open no record."""
        return nullcontext(self)

    def outcome(self, outcome: Outcome) -> None:
        """Leave the end of a trial unrecorded."""


@dataclass(frozen=True)
class Workspace:
    """Where a tuning keeps what a later process needs to go on with it.

    Parameters
    ----------
    folder : Path
        Of this tuning and no other; the same again when the same tuning is started again.
    claim : callable
        Called before the training whose result will be kept; waits for other processes at it.
        Returns the id of the run in which one of them has finished it meanwhile, or None.
    """

    folder: Path
    claim: Callable[[], str | None]

    @property
    def journal(self) -> Path:
        """File of the search."""
        return self.folder / "search.log"

    @property
    def checkpoints(self) -> Path:
        """Folder of the training's checkpoints."""
        return self.folder / "checkpoints"

    @property
    def states(self) -> Path:
        """Folder of the training's states on the way."""
        return self.folder / "states"
