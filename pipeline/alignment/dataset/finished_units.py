"""Units of work that are kept when they are finished, so that none is computed twice."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.alignment.dataset.units import Unit, compute_units
from pipeline.config import ComputeConfig
from pipeline.progress import follow

log = logging.getLogger("pipeline")


def compute_unfinished(
    units: Sequence[Unit], folder: Path, compute: ComputeConfig
) -> list[pd.DataFrame]:
    """Compute the units that no earlier attempt has finished, and keep each when it is finished.

    Parameters
    ----------
    units : sequence of Unit
    folder : Path
        From :func:`unfinished_folder`; made where it is missing.
    compute : ComputeConfig

    Returns
    -------
    list of DataFrame
        In the order of the units, whatever the order in which they were finished.
    """
    paths = {unit.name: folder / f"{_digest(unit.name.encode())}.parquet" for unit in units}
    missing = [unit for unit in units if not _is_whole(paths[unit.name])]
    done = len(units) - len(missing)
    if done:
        log.info("  %d of %d units were finished before", done, len(units))
    for unit, table in follow(compute_units(missing, compute), len(units), "units", done):
        _write(table, paths[unit.name])
    # all are read back, so that a table is the same whether or not it was computed just now
    return [pd.read_parquet(path) for path in paths.values()]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _is_whole(path: Path) -> bool:
    """Say whether a table is there, and as it was written; one that is not is computed again."""
    try:
        digest = _digest_path(path).read_text(encoding="ascii")
        whole = digest == _digest(path.read_bytes())
    except (OSError, ValueError):
        return False
    if not whole:
        log.warning("  %s is damaged: its unit is computed again", path)
    return whole


def _digest_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write a table and its digest, so that both are there whole or are not taken for finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    os.close(handle)
    table.to_parquet(partial)
    digest = _digest(Path(partial).read_bytes())
    Path(partial).replace(path)
    _digest_path(path).write_text(digest, encoding="ascii")
