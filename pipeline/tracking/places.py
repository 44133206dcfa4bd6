"""Places of a store on this machine, and where its users leave word for one another."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import tempfile
from pathlib import Path

import mlflow
from sqlalchemy.engine import make_url

RUNNING = "running"
VARIABLE = "STORE_FOLDER"  # of the environment: a folder beside a store that is a server


def database_of(uri: str) -> Path | None:
    """Give the file of an SQLite store; None where the store is something else.

    Parameters
    ----------
    uri : str
        As in ``MLFLOW_TRACKING_URI``: ``sqlite:///mlflow.db``, ``http://…``, ``postgresql://…``.
    """
    if not uri.startswith("sqlite:"):
        return None
    name = make_url(uri).database
    return None if name in (None, "", ":memory:") else Path(str(name))


def without_password(uri: str) -> str:
    """Hide the password in an address that is to be said.

    Examples
    --------
    >>> without_password("postgresql://ann:secret@host/mlflow")
    'postgresql://ann:***@host/mlflow'
    """
    return re.sub(r"(://[^/@:]*):[^/]*@", r"\1:***@", uri)


def is_read_only() -> bool:
    """Say whether the store is a file that this process may read and not write."""
    database = database_of(mlflow.get_tracking_uri())
    return database is not None and cannot_be_written(database)


def cannot_be_written(database: Path) -> bool:
    """Say whether an SQLite file is there and may not be written; its folder takes its journal."""
    writable = os.access(database, os.W_OK) and os.access(database.absolute().parent, os.W_OK)
    return database.is_file() and not writable


def running_folder() -> Path:
    """Say where the processes that work on the store hold their locks; made where it is missing."""
    folder = shared_folder() / RUNNING
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shared_folder() -> Path:
    """Say where those who work on the store share files that are no part of it.

    Beside the database of an SQLite store, so that it holds for all who can open the file. For a
    server it is the folder that ``STORE_FOLDER`` names, which has to be one that all machines see;
    without it a folder of this user on this machine, and processes elsewhere are not seen.
    """
    uri = mlflow.get_tracking_uri()
    database = database_of(uri)
    if database:
        return database.parent
    named = hashlib.sha256(uri.encode()).hexdigest()[:16]
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE]).expanduser() / named
    return Path(tempfile.gettempdir()) / f"brain-alignment-{getpass.getuser()}" / named
