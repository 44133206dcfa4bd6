"""Adaptation of a base to stimuli, to the responses to them, or to both, in one outer fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import Problem, TuningError, refuse
from pipeline.tuning.forms import FORMS
from pipeline.tuning.recorder import Recorder, Workspace
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.session import Session
from pipeline.tuning.training.devices import world_size
from pipeline.tuning.training.schedule import Training
from pipeline.tuning.tune import adapt, empty_splits, place_of

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

#: Examples without which a batch has no correlation to speak of, and no other picture to find.
LEAST_BATCH = 4


@dataclass(frozen=True)
class RegimeTuned:
    """A model tuned in a regime, and its loss on the training stimuli that were held out inside.

    Parameters
    ----------
    model : TextModel or VisionModel
        Without the read-out, which is thrown away.
    choice : Choice
        Learning rate and prompt length it was trained with.
    training : Training or None
        None for a control that is not trained.
    loss_before, loss : float
        On the validation stimuli, as adapted and not yet trained, and as it is now.
    """

    model: TunedModel
    choice: Choice
    training: Training | None
    loss_before: float
    loss: float


def tune_regime(
    session: Session, recorder: Recorder, workspace: Workspace | None = None
) -> RegimeTuned:
    """Adapt a base to what its session's data are: stimuli of one outer fold.

    Parameters
    ----------
    session : Session
        Its task is one of :func:`pipeline.data.regimes.regime_task`.
    recorder : Recorder
    workspace : Workspace, optional
        Where a tuning that is killed leaves what it has; without one it leaves nothing.

    Raises
    ------
    TuningError
        What does not fit together, all at once; or training diverges.
    DoneElsewhereError
        When another process has finished the same meanwhile.
    """
    refuse(regime_problems(session), TuningError)
    with place_of(workspace) as place:
        model, choice, training = adapt(session, recorder, place)
        before = session.held_out_loss(choice)
        after = before if training is None else training.validation_loss
        return RegimeTuned(model, choice, training, before, after)


def regime_problems(session: Session) -> Iterator[Problem]:
    """Find what does not fit together, before anything expensive."""
    yield from session.problems()
    yield from empty_splits(session.task, session.data)
    task, config = session.task, session.config
    form = FORMS[task.modality, task.form]
    for name, examples in {"train": session.data.train, "validation": session.data.test}.items():
        if form.whole_batches and 0 < len(examples) < LEAST_BATCH:
            yield Problem(
                f"regime {task.name}: {name} stimuli",
                f"at least {LEAST_BATCH}, over which a correlation says something",
                str(len(examples)),
                "Ask for fewer folds or inner_folds, or give more stimuli.",
            )
    if form.whole_batches and config.batch_size < LEAST_BATCH:
        yield Problem(
            "batch_size",
            f"at least {LEAST_BATCH} in regime {task.name}, whose loss is over a batch",
            str(config.batch_size),
            "Raise batch_size.",
        )
    if form.whole_batches and world_size() > 1:
        yield Problem(
            f"regime {task.name}",
            "one process: a batch is correlated whole",
            f"{world_size()} that torchrun has started",
            "Tune in one process.",
        )
    if session.method.interpolates or session.config.checkpoints:
        what = "checkpoints" if session.config.checkpoints else f"method {session.method.name}"
        yield Problem(
            f"regime {task.name}",
            "what is trained to its end, with no versions along a path",
            what,
            "Leave it out in this regime.",
        )
