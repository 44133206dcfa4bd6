"""The SQLite file of a store: looked at before MLflow opens it, made whole or not at all."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import Problem, RegistryError, refuse
from pipeline.tracking.places import cannot_be_written

log = logging.getLogger("pipeline")
HEADER = b"SQLite format 3\0"
MLFLOW = {"experiments", "alembic_version"}  # tables that every file of MLflow has
HOLD_RESULTS = ("experiments", "runs", "registered_models")
WHERE, EXPECTED = "MLFLOW_TRACKING_URI", "an MLflow store that can be opened"
REMEDY = "Correct MLFLOW_TRACKING_URI, or unset it to use sqlite:///mlflow.db in this directory"
#: Another process that makes a store writes to it all the time: 1 to 4 s in all.
SECONDS_OF_SILENCE = 5.0
BESIDE = ("-journal", "-wal", "-shm")  # what SQLite itself puts next to a file


def check_database(database: Path) -> None:
    """Refuse at once what MLflow would try for minutes to open.

    Raises
    ------
    RegistryError
        There is something else, or nowhere to make a store.
    """
    try:
        refuse(_problems(database), RegistryError)
    except sqlite3.Error as error:
        finding = f"'{database}': {error}"
        raise RegistryError(Problem(WHERE, EXPECTED, finding, f"{REMEDY}.")) from error


def prepare_database(database: Path) -> None:
    """Make a store where there is none, and again where making it was broken off.

    To be called while no other process of this project does, after :func:`check_database`.
    """
    if database.exists():
        if not _is_half_made(database):
            return
        _wait_for_its_maker(database)
        if not _is_half_made(database):
            return
        log.info("%s was never made to its end and holds no run: it is made again", database.name)
        _remove(database)
    make_database(database)


def is_store(database: Path) -> bool:
    """Say whether a file is a whole SQLite file of MLflow."""
    try:
        with closing(_connect(database)) as connection:
            (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            return finding == "ok" and _names(connection) >= MLFLOW
    except sqlite3.Error:
        return False


def _problems(database: Path) -> Iterator[Problem]:
    if not database.parent.is_dir():
        # Path.absolute: 'mlflow.db' alone says nothing of the place
        folder = database.absolute().parent
        yield Problem(WHERE, EXPECTED, f"no folder '{folder}'", f"Make the folder. {REMEDY}.")
    elif database.is_dir():
        yield Problem(WHERE, EXPECTED, f"a folder '{database}'", f"{REMEDY}.")
    elif not database.exists():
        if not os.access(database.parent, os.W_OK):
            finding = f"a folder '{database.absolute().parent}' that can be read only"
            yield Problem(WHERE, EXPECTED, finding, f"{REMEDY}.")
    elif not database.is_file():  # a pipe or a device would be read for ever
        yield Problem(WHERE, EXPECTED, f"'{database}', which is no file", f"{REMEDY}.")
    elif not os.access(database, os.R_OK):
        yield Problem(WHERE, EXPECTED, f"'{database}', which may not be read", f"{REMEDY}.")
    elif not _is_of_mlflow(database):
        finding = f"'{database}', a file of something else"
        yield Problem(WHERE, EXPECTED, finding, f"{REMEDY}.")


def _is_of_mlflow(database: Path) -> bool:
    """Say whether a file is an SQLite file of MLflow, or one that holds nothing yet."""
    with database.open("rb") as file:
        start = file.read(len(HEADER))
    if start in (b"", HEADER):
        tables = _tables(database)
        return not tables or bool(tables & MLFLOW)
    return False


def _tables(database: Path) -> set[str]:
    with closing(_connect(database)) as connection:
        return _names(connection)


def _names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


def _connect(database: Path) -> sqlite3.Connection:
    mode = "ro" if cannot_be_written(database) else "rw"
    return sqlite3.connect(f"file:{quote(str(database))}?mode={mode}", uri=True, timeout=60)


def _is_half_made(database: Path) -> bool:
    """Say whether a file lacks what is written last when a store is made, and so holds nothing."""
    with closing(_connect(database)) as connection:
        tables = _names(connection)
        return not any(
            connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 (names above)
            for table in HOLD_RESULTS
            if table in tables
        )


def _wait_for_its_maker(database: Path) -> None:
    """Wait until nobody has written to a file for a while: MLflow itself may be making it."""
    while (quiet := time.time() - database.stat().st_mtime) < SECONDS_OF_SILENCE:
        time.sleep(SECONDS_OF_SILENCE - max(quiet, 0.0) + 0.1)


def _remove(database: Path) -> None:
    for ending in ("", *BESIDE):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def make_database(database: Path) -> None:
    """Make an empty store beside its place, and put it there when it is whole and on the disk."""
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from sqlalchemy import Engine, event

    partial = database.with_name(f"{database.name}.partial")
    _remove(partial)
    event.listen(Engine, "connect", write_when_it_suits)
    try:
        store = SqlAlchemyStore(f"sqlite:///{partial}", DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH)
        store.engine.dispose()
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(database)
    finally:
        event.remove(Engine, "connect", write_when_it_suits)
        _remove(partial)


def write_when_it_suits(connection: object, _: object) -> None:
    """Let SQLite not wait for the disk: most of the time that each of many small writes takes."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
