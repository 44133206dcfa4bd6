"""The MLflow store: where it is, and how it comes into being exactly once."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

# before mlflow is imported: it reads these while importing
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from filelock import FileLock
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import Problem, RegistryError

DEFAULT_STORE = "sqlite:///mlflow.db"
DEFAULT_EXPERIMENT = "brain-alignment"
UI_PORT = 5000


def open_store() -> str:
    """Point MLflow at the store and the experiment; create both when they are not there.

    ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` are honoured. Inside ``mlflow run`` the
    experiment is already chosen.

    Returns
    -------
    str
        Id of the experiment in which new runs are made.

    Raises
    ------
    RegistryError
        When the store cannot be opened, or read only.
    """
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="mlflow")
    uri = os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_STORE)
    mlflow.set_tracking_uri(uri)
    try:
        if uri.startswith("sqlite:///"):
            # processes that create the tables at the same time leave an unusable file
            database = Path(uri.removeprefix("sqlite:///"))
            with FileLock(f"{database}.lock"):
                if database.exists() and not os.access(database, os.W_OK):
                    raise PermissionError("it can be read only")
                return _experiment()
        return _experiment()
    except (OSError, SQLAlchemyError, mlflow.exceptions.MlflowException) as error:
        raise RegistryError(
            Problem(
                "MLFLOW_TRACKING_URI",
                "an MLflow store that can be opened",
                f"'{uri}': {str(error).splitlines()[0]}",
                "Unset it to use sqlite:///mlflow.db in this directory, or correct it.",
            )
        ) from error


def _experiment() -> str:
    run_id = os.environ.get("MLFLOW_RUN_ID")
    if run_id:
        return str(mlflow.get_run(run_id).info.experiment_id)
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", DEFAULT_EXPERIMENT)
    return str(mlflow.set_experiment(name).experiment_id)


def run_link(experiment_id: str, run_id: str) -> str:
    """Give the address of a run on the server of the store; empty where the store has no server."""
    server = mlflow.get_tracking_uri()
    if not server.startswith(("http://", "https://")):
        return ""
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"


def browse_link(port: int) -> str:
    """Give the address at which the UI shows the runs of the newest study.

    Parameters
    ----------
    port : int
        On which ``make ui`` serves.
    """
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    newest = client.search_runs(
        experiments, "tags.stage = 'study'", order_by=["attributes.start_time DESC"], max_results=1
    )
    experiment = newest[0].info.experiment_id if newest else _experiment()
    # the UI opens in its mode for chat applications unless told otherwise
    return f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs?workflowType=machine_learning"
