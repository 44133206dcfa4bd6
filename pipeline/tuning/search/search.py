"""The search over learning rate and prompt length, with equal trials for every method."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.errors import Problem, TuningError
from pipeline.tuning.search.choices import Choice, Space, choices_of, pruner_of, ranges_of
from pipeline.tuning.search.trials import Trials
from pipeline.tuning.training.devices import agree, rank


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Parameters
    ----------
    kind : 'complete', 'pruned' or 'diverged'
        Pruned: ended early, because others did better by the same step. Diverged: the loss was no
        longer finite, which says that the learning rate is too high.
    loss : float
        Lowest validation loss of a complete trial, else infinite.
    steps : int
        That it took, as far as its last report of a loss.
    """

    kind: Literal["complete", "pruned", "diverged"]
    loss: float = float("inf")
    steps: int = 0


class PrunedError(Exception):
    """A trial was ended because others did better by the same step."""


ReportLoss = Callable[[int, float], None]
Attempt = Callable[[int, Choice, ReportLoss], Outcome]


def search(space: Space, attempt: Attempt, journal: Path) -> Choice:
    """Find the learning rate, and for prompt methods the length, with the lowest validation loss.

    Parameters
    ----------
    space : Space
    attempt : callable
        ``attempt(trial number, Choice, report) -> Outcome`` trains once. It passes step and loss
        to ``report`` after every validation, which raises PrunedError when the trial is to end.
    journal : Path
        File that the search lives in. A search that was killed goes on where it stopped; processes
        that are given the same journal share its trials among them.

    Raises
    ------
    TuningError
        When every trial diverged.
    """
    with ExitStack() as stack:
        # where torchrun has started several processes they train every trial together
        trials = stack.enter_context(_trials(space, journal)) if rank() == 0 else None

        def report(step: int, loss: float) -> None:
            if agree(trials.falls_behind(step, loss) if trials else False):
                raise PrunedError

        while True:
            started = agree(trials.start() if trials else None)
            if started is None:
                break
            number, values = started
            outcome = attempt(number, _choice(values), report)
            if trials:
                trials.finish(outcome.kind, outcome.loss, outcome.steps)
        best = agree(trials.best() if trials else None)
        steps = agree(trials.steps() if trials else 0)
    if best is None:
        raise TuningError(_all_diverged(space))
    return replace(_choice(best), searched_steps=steps)


def _trials(space: Space, journal: Path) -> Trials:
    ranges = ranges_of(space)
    values = [{name: getattr(choice, name) for name in ranges} for choice in choices_of(space)]
    return Trials(journal, ranges, values, pruner_of(space))


def _choice(values: dict[str, float]) -> Choice:
    return Choice(values["learning_rate"], int(values.get("prompt_length", 0)))


def _all_diverged(space: Space) -> Problem:
    recipe = space.recipe
    return Problem(
        "trials",
        "a learning rate with which training does not diverge",
        f"none in {space.trials} between {recipe.lowest_rate:g} and {recipe.highest_rate:g}",
        "Raise trials, or pass a low learning_rate.",
    )
