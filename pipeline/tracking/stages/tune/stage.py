"""``tune``: task data and a base in, a registered version out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from functools import cache
from typing import Protocol, TypeVar

import mlflow
from mlflow.entities import Run

from pipeline.config import TuneConfig
from pipeline.errors import TuningError
from pipeline.tracking.claims import claimed
from pipeline.tracking.kept_bases import keep_base
from pipeline.tracking.looking_up import begin_work
from pipeline.tracking.lost_runs import discard_remains, earlier_attempts, take_over_curves
from pipeline.tracking.registered import Registered, sole_version_of
from pipeline.tracking.registry import made_whole_by
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    finished_run,
    once,
    reuse,
    visible_refusal,
    within_another_stage,
)
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name, tune_request, tune_stage
from pipeline.tracking.stages.tune.on_the_way import discard_on_the_way, log_on_the_way
from pipeline.tracking.stages.tune.records import RunRecorder, log_tuned
from pipeline.tracking.stages.tune.untuned import untuned_statistics
from pipeline.tracking.unfinished import forget, unfinished_folder
from pipeline.tuning.recorder import DoneElsewhereError, Recorder, Silent, Workspace
from pipeline.tuning.training.devices import agree
from pipeline.tuning.training.schedule import DivergedError, Training
from pipeline.tuning.tune import Statistics, refuse_misfit, tune
from pipeline.tuning.tuned import Tuned


class Trained(Protocol):
    """What comes of a tuning, of a task or in a regime."""

    @property
    def training(self) -> Training | None:
        """How it was trained; None for a control, which nothing trains."""


Outcome = TypeVar("Outcome", bound=Trained)


def run_tune(config: TuneConfig) -> Registered:
    """Tune, score and register, or find the version that the same tuning made before.

    A tuning that was killed goes on where it stopped. Where torchrun has started several
    processes this is what the first of them does; the others :func:`join_tune`.

    Raises
    ------
    PipelineError
        When the base cannot be reached, the data is missing or damaged, or training diverges.
        Nothing is registered then.
    """
    stage = tune_stage(config)
    with visible_refusal(stage):
        request = tune_request(config)
    stage = replace(stage, fingerprint=request.fingerprint(run_tune))
    with within_another_stage():
        base_uri = keep_base(request.base, request.base_folder)

    @cache
    def untuned() -> Statistics | None:
        return _untuned(stage, request)

    def train(recorder: Recorder, place: Workspace) -> Tuned | None:
        return tune(request.session, recorder, place, untuned())

    def record(tuned: Tuned, place: Workspace) -> None:
        log_on_the_way(request, tuned.choice, place.states, base_uri)
        log_tuned(tuned, request, base_uri, {})

    return tune_once(stage, request, model_name(config), train, record, untuned)


def join_tune(config: TuneConfig) -> None:
    """Train in step with the process that runs :func:`run_tune`, and leave all else to it."""
    request = tune_request(config)
    already_done = agree(True)
    if not already_done:
        with suppress(DoneElsewhereError):  # the first process says so
            tune(request.session, Silent())


def tune_once(
    stage: Stage,
    request: TuneRequest,
    name: str,
    train: Callable[[Recorder, Workspace], Outcome | None],
    record: Callable[[Outcome, Workspace], None],
    before: Callable[[], object] = lambda: None,
) -> Registered:
    """Make a version, or find the one that the same tuning made before.

    Parameters
    ----------
    stage : Stage
    request : TuneRequest
        What it is made from.
    name : str
        Of the registered model.
    train : callable
        Gives what comes of a training; None in all processes but the first.
    record : callable
        Logs that to the open run, and registers a version.
    before : callable
        Called where nothing was made before, with no run open yet.

    Raises
    ------
    PipelineError
        That of the training. Nothing is registered then.
    """
    shared = bool(request.config.trials)  # several processes share a search, and claim what follows
    locks = ExitStack()

    @cache  # every file of a version is read: once, before and in `once`
    def is_whole(run_id: str) -> bool:
        return made_whole_by(run_id) is not None

    def work(run: Run) -> None:
        mlflow.log_input(request.dataset(), context="training")
        place = _workspace_of(stage, locks)
        recorder = RunRecorder(stage.title)
        tuned = _ended(lambda: train(recorder, place), place)
        if tuned is not None:  # another process has not finished it meanwhile
            _take_over(stage.fingerprint, run, tuned.training, name)
            record(tuned, place)
        forget(place.folder)

    with nullcontext() if shared else claimed(stage.fingerprint, stage.title), locks:
        run_id = finished_run(stage.fingerprint, lambda run: is_whole(run.info.run_id))
        agree(run_id is not None)  # the others wait to hear it: see join_tune
        if run_id is None:
            begin_work(stage.title)
            before()
            run_id = once(stage, work, lambda run: is_whole(run.info.run_id), shared)
        else:
            reuse(stage, run_id)
    return sole_version_of(run_with(run_id).data.tags.get("reuses", run_id))


def _ended(tuning: Callable[[], Outcome | None], place: Workspace) -> Outcome | None:
    """Tune, and leave nothing to go on from where a further attempt would end the same.

    None too where another process has finished the tuning, as the run then says.
    """
    try:
        return tuning()
    except DoneElsewhereError as done:
        forget(place.folder)
        mlflow.set_tag("reuses", done.run_id)
        mlflow.set_tag(NOTE, f"Run {done.run_id} has finished the same tuning meanwhile.")
        return None
    except TuningError as error:
        forget(place.folder)
        if isinstance(error, DivergedError):
            mlflow.set_tag("stopped", "diverged")
        raise


def _take_over(mark: str, run: Run, training: Training | None, name: str) -> None:
    """Take from earlier attempts at a tuning the curves it goes on from, and remove the rest."""
    attempts = earlier_attempts(mark)
    if training and training.resumed_at:
        take_over_curves(attempts, run.info.run_id, training.resumed_at)
    for attempt in attempts:
        discard_on_the_way(name, attempt.info.run_id)
        discard_remains(attempt)


def _untuned(stage: Stage, request: TuneRequest) -> Statistics | None:
    """Look up what the tuned model will be compared with; None if the base is what is tuned."""
    with visible_refusal(stage):
        refuse_misfit(request.session)
    return None if request.config.method == "base" else untuned_statistics(request)


def _workspace_of(stage: Stage, locks: ExitStack) -> Workspace:
    """Give the place where a tuning keeps its search and its checkpoints.

    Parameters
    ----------
    stage : Stage
    locks : ExitStack
        Keeps other processes from training the same until it is closed, by when the run must be
        finished.
    """
    folder = unfinished_folder(stage.fingerprint)

    def claim() -> str | None:
        locks.enter_context(claimed(stage.fingerprint, stage.title))
        return finished_run(
            stage.fingerprint, lambda run: made_whole_by(run.info.run_id) is not None
        )

    return Workspace(folder, claim)
