"""A store that was moved, renamed or copied: MLflow keeps absolute paths, here they are corrected.

What can be is a store as MLflow makes it: ``mlflow.db`` and beside it ``mlruns``. Artifacts that
were put elsewhere are left where they are.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

log = logging.getLogger("pipeline")
ARTIFACTS = "mlruns"
#: Where MLflow keeps places of artifacts, as paths or as file: URIs.
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def follow_move(database: Path) -> None:
    """Look for artifacts beside the database, where they lie there and no longer elsewhere.

    To be called while no other process opens the store.

    Parameters
    ----------
    database : Path
        A whole store.
    """
    here = database.absolute().parent
    with closing(sqlite3.connect(database, timeout=60)) as store, store:
        for root in _roots(store):
            if root.resolve() != here.resolve() and _lies_here(store, root, here):
                log.info("the store was in %s: artifacts are now looked for in %s", root, here)
                for table, column in COLUMNS:
                    _replace(store, table, column, root, here)


def _roots(store: sqlite3.Connection) -> list[Path]:
    """List the folders in which experiments of this store have been made."""
    rows = store.execute("SELECT DISTINCT artifact_location FROM experiments")
    places = (_path(location) for (location,) in rows if location)
    roots = {place.parent.parent: None for place in places if place.parent.name == ARTIFACTS}
    return [root for root in roots if root.is_absolute()]


def _path(location: str) -> Path:
    return Path(location.removeprefix("file://"))


def _lies_here(store: sqlite3.Connection, root: Path, here: Path) -> bool:
    """Say whether the artifacts recorded in a folder lie beside the database, all that are left."""
    recorded = list(_folders(store, root))
    there = {folder for folder in recorded if (root / folder).exists()}
    beside = {folder for folder in recorded if (here / folder).exists()}
    return there <= beside and (bool(beside) or not root.exists())


def _folders(store: sqlite3.Connection, root: Path) -> Iterator[Path]:
    """List the folders of runs' artifacts that were recorded below a folder, relative to it."""
    for (location,) in store.execute("SELECT artifact_uri FROM runs"):
        if location and _path(location).is_relative_to(root / ARTIFACTS):
            yield _path(location).relative_to(root)


def _replace(store: sqlite3.Connection, table: str, column: str, root: Path, here: Path) -> None:
    for form in (str, Path.as_uri):
        before, after = f"{form(root / ARTIFACTS)}/", f"{form(here / ARTIFACTS)}/"
        store.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 (names above)
            f"WHERE substr({column}, 1, ?) = ?",
            (after, len(before) + 1, len(before), before),
        )
