"""Stages as runs: tagged, nested under their study, and skipped when already done."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Run

from pipeline.errors import PipelineError, Problem, RegistryError
from pipeline.tracking.claims import claimed, process_tag
from pipeline.tracking.fetching import fetch
from pipeline.tracking.looking_up import begin_work, is_looked_up
from pipeline.tracking.places import is_read_only
from pipeline.tracking.remembered import forget_runs, recall, remember, run_with
from pipeline.tracking.seals import artifact_problem, seal_run

log = logging.getLogger("pipeline")
NOTE = "mlflow.note.content"  # the tag that the UI shows as a run's description
ATTEMPT = "attempt"  # the fingerprint of a run, as a tag from its beginning on
#: The run, open in another process, that runs of this one are children of.
_PARENT: ContextVar[str | None] = ContextVar("parent", default=None)
#: Ids of the runs that this process has made or named: cells share bases and ceilings.
_NAMED: set[str] = set()
OPENED = "MLFLOW_RUN_ID"  # names the run that `mlflow run` has opened, until a stage takes it


@dataclass(frozen=True)
class Stage:
    """What is about to run.

    Parameters
    ----------
    name : str
        'study', 'base', 'untuned', 'tune', 'on-the-way', 'extract', 'align', 'minimal-pairs' or
        'report'.
    title : str
        Name of the run.
    fingerprint : str
        Of settings, code and inputs; empty for a study, which is never skipped itself.
    settings : mapping
        Logged as params.
    tags : mapping
        ``base``, ``task``, ``method``, ``brain``, ``seed``, where they apply.
    """

    name: str
    title: str
    fingerprint: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def settled(
        self, title: str, fingerprint: str, settings: Mapping[str, Any], tags: Mapping[str, str]
    ) -> Stage:
        """Complete what the settings said with what the inputs say, once these are there."""
        further = {**self.settings, **settings}
        return Stage(self.name, title, fingerprint, further, {**self.tags, **tags})


@contextmanager
def children_of(run_id: str) -> Iterator[None]:
    """Make the runs of this block children of a run that another process holds open."""
    token = _PARENT.set(run_id)
    try:
        yield
    finally:
        _PARENT.reset(token)


@contextmanager
def stage_run(stage: Stage) -> Iterator[Run]:
    """Run a stage as an MLflow run: FINISHED, FAILED or KILLED when the block ends.

    Inside another run it becomes that run's child; under ``mlflow run`` it is the run that MLflow
    has already opened.
    """
    tags = {"stage": stage.name, **stage.tags, **process_tag(), "mlflow.runName": stage.title}
    if stage.fingerprint:
        tags[ATTEMPT] = stage.fingerprint
    with _run_of(stage, tags) as run:
        _log_new_params(run, stage.settings)
        try:
            yield run
        except PipelineError as error:
            mlflow.set_tag("error", _shortened(error))
            raise
        seal_run(run.info.run_id)
        if stage.fingerprint:
            # only now: an unfinished run must not be taken for a finished one
            mlflow.set_tag("fingerprint", stage.fingerprint)
            forget_runs(stage.fingerprint)


@contextmanager
def _run_of(stage: Stage, tags: Mapping[str, str]) -> Iterator[Run]:
    """Open a run, which is KILLED where a person or a machine ends the command."""
    nested = mlflow.active_run() is not None
    run_id = ""
    try:
        # with its tags at once: a run that is killed at any moment says whose it was
        parent = None if nested else _PARENT.get()
        with mlflow.start_run(
            run_name=stage.title, nested=nested, tags=tags, parent_run_id=parent
        ) as run:
            run_id = run.info.run_id
            yield run
    except (KeyboardInterrupt, SystemExit):
        if run_id:
            mlflow.MlflowClient().set_terminated(run_id, "KILLED")  # MLflow has said FAILED
        raise


@contextmanager
def within_another_stage() -> Iterator[None]:
    """Run stages that another one needs, and leave to that one the run of ``mlflow run``."""
    opened = os.environ.pop(OPENED, None)
    try:
        yield
    finally:
        if opened is not None:
            os.environ[OPENED] = opened


@contextmanager
def visible_refusal(stage: Stage) -> Iterator[None]:
    """Leave a FAILED run behind when what a stage needs turns out to be missing or damaged.

    For the checks before :func:`once`, which happen while no run is open yet.
    """
    try:
        yield
    except PipelineError:
        if is_read_only() or is_looked_up():
            raise
        with stage_run(stage):
            raise


def leave_word(error: PipelineError) -> None:
    """Tag the run that ``mlflow run`` has opened with a refusal; MLflow ends it as FAILED."""
    mlflow.MlflowClient().set_tag(os.environ[OPENED], "error", _shortened(error))


def _shortened(error: PipelineError) -> str:
    return str(error)[:5000]


def _log_new_params(run: Run, settings: Mapping[str, Any]) -> None:
    """Log settings as params, except those that ``mlflow run -P`` has logged as typed."""
    present = mlflow.get_run(run.info.run_id).data.params
    mlflow.log_params({name: value for name, value in settings.items() if name not in present})


def once(
    stage: Stage,
    work: Callable[[Run], None],
    usable: Callable[[Run], bool],
    shared: bool = False,
) -> str:
    """Do a stage's work, unless a finished run with the same fingerprint can be used.

    Of processes that are given the same work at once, one does it and the others wait for it.

    Parameters
    ----------
    stage : Stage
    work : callable
        Computes and logs; called inside the stage's run.
    usable : callable
        Whether what a finished run logged is still there.
    shared : bool
        Whether several processes may be at it together: they then settle among themselves which
        of them ends it.

    Returns
    -------
    str
        Id of the run that holds the result, new or old.
    """
    # until the run is FINISHED, or the next process would not find it
    with nullcontext() if shared else claimed(stage.fingerprint, stage.title):
        done = finished_run(stage.fingerprint, usable)
        if done is None:
            begin_work(stage.title)
            log.info("%s", stage.title)
            with stage_run(stage) as run:
                work(run)
            new_id: str = run.info.run_id
            _NAMED.add(new_id)
            return new_id
    reuse(stage, done)
    return done


def finished_run(fingerprint: str, usable: Callable[[Run], bool]) -> str | None:
    """Find a finished run with a fingerprint of which what it logged can be used."""
    runs = (run for run in finished_runs(fingerprint) if usable(run))
    return next((str(run.info.run_id) for run in runs), None)


def reuse(stage: Stage, run_id: str) -> None:
    """Say that a finished run stands for a stage, once for each run."""
    if run_id not in _NAMED:
        _NAMED.add(run_id)
        log.info("%s: already done, reusing run %s", stage.title, run_id)
    leave_word_of_reuse(stage, run_id)


def leave_word_of_reuse(stage: Stage, run_id: str) -> None:
    """Say in the run that ``mlflow run`` has opened for a stage, if it has, where the result is."""
    if mlflow.active_run() is None and OPENED in os.environ:
        tags = {"stage": stage.name, "reuses": run_id, **stage.tags, **process_tag()}
        with mlflow.start_run(run_name=f"{stage.title} (reused)", tags=tags):
            mlflow.set_tag("mlflow.runName", f"{stage.title} (reused)")
            mlflow.set_tag(NOTE, f"Nothing was computed: run {run_id} holds the same result.")


def finished_runs(fingerprint: str) -> list[Run]:
    """Find the finished runs with a fingerprint, newest first, in every experiment."""
    runs = recall(fingerprint)
    if not runs:
        runs = find_runs(f"tags.fingerprint = '{fingerprint}' and attributes.status = 'FINISHED'")
        remember(fingerprint, runs)
    return runs


def find_runs(filter_string: str) -> list[Run]:
    """Find runs in every experiment, newest first."""
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs: list[Run] = client.search_runs(
        experiments, filter_string, order_by=["attributes.start_time DESC"], max_results=1000
    )
    return runs


def artifact_uri(run_id: str, name: str) -> str:
    """Give the address of an artifact of a run, by which it is read where it lies."""
    return f"{run_with(run_id).info.artifact_uri}/{name}"


def artifact(run_id: str, name: str) -> Path:
    """Fetch an artifact of a run, and compare it with the run's seal.

    Raises
    ------
    RegistryError
        When the run has no such artifact, it is out of reach, or it is damaged.
    """
    try:
        run = run_with(run_id)
        path = fetch(f"{run.info.artifact_uri}/{name}")
    except (OSError, mlflow.exceptions.MlflowException) as error:
        raise RegistryError(
            Problem(
                f"run {run_id}",
                f"an artifact '{name}'",
                "none that can be read",
                "Run that stage (or the study) again with the same settings: what is missing is "
                "made anew. Or put it back beside mlflow.db, if it was moved without the store.",
            )
        ) from error
    if problem := artifact_problem(run, name, path):
        raise RegistryError(problem)
    return path


@contextmanager
def logged_folder(path: str = "") -> Iterator[Path]:
    """Give a folder whose contents become artifacts of the active run when the block ends."""
    with tempfile.TemporaryDirectory(prefix="artifacts-") as name:
        yield Path(name)
        mlflow.log_artifacts(name, path or None)
