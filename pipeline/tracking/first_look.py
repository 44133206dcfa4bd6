"""A first look into the file of a store: whether it has what a command names.

A misspelt name is refused at once, before MLflow is imported, which takes seconds. A store that is
a server, or a file that cannot be read so, is left to MLflow.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipeline.tracking.missing_names import (
    SCHEME,
    named_base,
    no_model,
    no_studies,
    no_study,
    no_version,
    parts_of,
)

DEFAULT_STORE = "sqlite:///mlflow.db"
FILE = "sqlite:///"
_ALIASES = "SELECT alias FROM registered_model_aliases WHERE name = ?"
_VERSIONS = (
    "SELECT version FROM model_versions WHERE name = ? AND current_stage <> 'Deleted_Internal'"
)


def check_model(model: str) -> None:
    """Refuse a model that is neither registered nor a base.

    Parameters
    ----------
    model : str
        As :func:`pipeline.tracking.stages.untouched.version_of` takes it.

    Raises
    ------
    PipelineError
        It is known to be neither.
    """
    if not model.startswith(SCHEME):
        named_base(model)
        return
    name, sign, which = parts_of(model)
    models = _look("SELECT name FROM registered_models")
    if models is not None and name not in models:
        raise no_model(name, models)
    aliases, versions = _look(_ALIASES, name), _look(_VERSIONS, name)
    if aliases is None or versions is None:
        return
    if which not in aliases if sign == "@" else which.lstrip("0") not in versions:
        raise no_version(name, sign, which, aliases, versions)


def check_study(study: str) -> None:
    """Refuse a run that the store does not have, or a store in which no study has come far enough.

    Parameters
    ----------
    study : str
        Id of a run; empty: the newest study.

    Raises
    ------
    RegistryError
    """
    if study and _look("SELECT run_uuid FROM runs WHERE run_uuid = ?", study) == set():
        raise no_study(study)
    if not study and holds_no_study():
        raise no_studies()


def holds_no_study() -> bool:
    """Say whether the store is known to hold no study with something to report."""
    return _look("SELECT run_uuid FROM tags WHERE key = 'lineage' LIMIT 1") == set()


def _look(question: str, *values: str) -> set[str] | None:
    """Ask the file of a store: nothing where there is none yet, None where it cannot be asked."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_STORE)
    database = Path(uri.removeprefix(FILE))
    if not uri.startswith(FILE) or "?" in uri or not database.parent.is_dir():
        return None
    if not database.exists():
        return set()
    try:
        address = f"file:{quote(str(database))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=5)) as store:
            return {str(value) for (value,) in store.execute(question, values)}
    except sqlite3.Error:
        return None
