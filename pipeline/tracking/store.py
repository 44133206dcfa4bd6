"""The MLflow store: where it is, and how it comes into being exactly once."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# before mlflow is imported: it reads these while importing
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import Problem, RegistryError
from pipeline.tracking.databases import check_database, prepare_database
from pipeline.tracking.first_look import DEFAULT_STORE
from pipeline.tracking.lost_runs import close_lost_runs
from pipeline.tracking.moved_stores import follow_move
from pipeline.tracking.places import cannot_be_written, database_of, is_read_only, without_password
from pipeline.tracking.waiting import be_patient, wait_for_database, wait_for_server

DEFAULT_EXPERIMENT = "brain-alignment"
HTTP = ("http://", "https://")
#: Tag by which the UI opens an experiment in one of its modes, which is chat applications else.
KIND, MODEL_TRAINING = "mlflow.experimentKind", "custom_model_development"
#: What MLflow and its databases raise that cannot be opened, and words of MLflow's about tables.
OPENING = (
    *(OSError, ImportError, SQLAlchemyError),
    *(mlflow.exceptions.MlflowException, CommandError),
)
OTHER_TABLES = "out-of-date database schema"
SERVED = ("postgresql", "mysql")  # databases that processes reach over a network


def is_there() -> bool:
    """Say whether the store exists: the file of an SQLite store; of a server it is taken so."""
    database = database_of(os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_STORE))
    return database is None or database.is_file()


def open_store(writing: bool = True) -> str:
    """Point MLflow at the store and the experiment; create both when they are not there.

    ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` are honoured. Inside ``mlflow run`` the
    experiment is already chosen. Runs of processes that are gone are closed.

    Parameters
    ----------
    writing : bool
        Whether the command is of no use where the store can be read only.

    Returns
    -------
    str
        Id of the experiment in which new runs are made; empty where none can be made.

    Raises
    ------
    RegistryError
        When the store cannot be opened, or read only where it must be written.
    """
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="mlflow")
    uri = os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_STORE)
    be_patient()
    try:
        with _being_opened(uri, writing):
            mlflow.set_tracking_uri(uri)
            if is_read_only():
                return ""
            experiment = chosen_experiment()
        close_lost_runs()
        return experiment
    except OPENING as error:
        raise RegistryError(_why_closed(uri, error)) from error


def _why_closed(uri: str, error: Exception) -> Problem:
    """Say why a store cannot be opened, and what helps, without the password in its address."""
    address = without_password(uri)
    reason = str(error).replace(uri, address).splitlines()[0]
    remedy = "Unset it to use sqlite:///mlflow.db in this directory, or correct it."
    if isinstance(error, CommandError) or OTHER_TABLES in reason:
        reason = f"tables of another version of MLflow ({reason.partition(' Take a ')[0]})"
        remedy = (
            f"Use the MLflow that made it, not {mlflow.__version__}; or, if that is older, copy "
            "the store and run: mlflow db upgrade <its address>."
        )
    expected = "an MLflow store that can be opened"
    return Problem("MLFLOW_TRACKING_URI", expected, f"'{address}': {reason}", remedy)


@contextmanager
def _being_opened(uri: str, writing: bool) -> Iterator[None]:
    """Look at a store before MLflow does, and let one process at a time open it.

    MLflow repeats for minutes without a word what cannot work, and processes that create the
    tables of a database at the same time leave one that is unusable.
    """
    if uri.startswith(HTTP):
        wait_for_server(uri)
        yield
        return
    database = database_of(uri)
    if database is None:
        if uri.startswith(SERVED):
            wait_for_database(uri)
        name = hashlib.sha256(uri.encode()).hexdigest()[:16]
        with FileLock(Path(tempfile.gettempdir()) / f"brain-alignment-{name}.lock", mode=0o666):
            yield
        return
    check_database(database)
    if cannot_be_written(database):
        if writing:
            raise PermissionError("it can be read only")
        yield
        return
    with FileLock(f"{database}.lock"):
        prepare_database(database)
        follow_move(database)
        yield


def chosen_experiment() -> str:
    """Give the id of the experiment in which new runs are made; make it where it is not there.

    MLflow's UI opens it as one of model training.
    """
    run_id = os.environ.get("MLFLOW_RUN_ID")
    if run_id:
        experiment = mlflow.get_experiment(mlflow.get_run(run_id).info.experiment_id)
    else:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", DEFAULT_EXPERIMENT)
        experiment = mlflow.set_experiment(name)
    experiment_id = str(experiment.experiment_id)
    if KIND not in experiment.tags:  # what a person chose in the UI stays
        mlflow.MlflowClient().set_experiment_tag(experiment_id, KIND, MODEL_TRAINING)
    return experiment_id


def run_link(experiment_id: str, run_id: str) -> str:
    """Give the address of a run on the server of the store; empty where the store has no server."""
    server = mlflow.get_tracking_uri()
    if not server.startswith(HTTP):
        return ""
    return f"{without_password(server).rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
