"""Data sets of the Hugging Face hub: no script of theirs is run, and none is waited for long."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.data.rows import Row, Rows, Splits
from pipeline.errors import DataError, Problem, refuse
from pipeline.hub import (
    absence,
    ask_hub,
    client_errors,
    hub_or_cache,
    not_found,
    reachable,
    said_by,
)


@dataclass(frozen=True)
class HubTable:
    """A data set of the hub, as tables.

    Parameters
    ----------
    repository : str
    instead : str
        Which local files would serve as well, for refusals.
    config : str
        Which of its tables; empty for the only one.
    revision : str
        A branch, tag or commit; empty for the latest. ``refs/convert/parquet`` is where the hub
        keeps as tables what its authors gave as a script.
    """

    repository: str
    instead: str
    config: str = ""
    revision: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, ("hub", self.repository, self.config, self.revision)))


def out_of_reach(table: HubTable) -> Iterator[Problem]:
    """Find out whether a data set is neither in the cache nor to be had from the hub.

    Imports nothing that takes long.
    """
    cached = perhaps_cached(table)
    if not cached and (absent := absence(table.repository, table.revision, "dataset")):
        yield _missing(table, absent.reason, absent.remedy)


def perhaps_cached(table: HubTable) -> bool:
    """Find a folder that the library may have made for a data set, or a local repository."""
    from huggingface_hub import constants

    # as in datasets.config, whose import takes a second
    home = Path(constants.HF_HOME) / "datasets"
    cache = Path(os.environ.get("HF_DATASETS_CACHE", home)).expanduser()
    folder_name = table.repository.replace("/", "___")
    # the library puts underscores between words of the name
    folders = (path.name for path in cache.glob("*")) if cache.is_dir() else ()
    cached = any(_plain(name) == _plain(folder_name) for name in folders)
    return cached or Path(table.repository).is_dir()


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def read_hub(table: HubTable) -> Splits:
    """Read a data set from the hub, or from its local cache when the hub cannot be reached.

    Raises
    ------
    DataError
        If it is neither cached nor to be had; without a network within 5 seconds.
    """
    ask_hub()
    refuse(out_of_reach(table), DataError)
    import datasets

    try:
        with _hub_or_cache():
            return _read(table)
    except (*client_errors(), RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = said_by(error) if reachable() else f"{not_found()}: {said_by(error)}"
        raise DataError(_missing(table, reason)) from error


@contextmanager
def _hub_or_cache() -> Iterator[None]:
    """Let the library of data sets, which has its own word for it, use its cache only as well."""
    import datasets

    before = datasets.config.HF_HUB_OFFLINE
    with hub_or_cache() as within_reach:
        datasets.config.HF_HUB_OFFLINE = before or not within_reach
        try:
            yield
        finally:
            datasets.config.HF_HUB_OFFLINE = before


def _read(table: HubTable) -> Splits:
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(
        table.repository, table.config or None, revision=table.revision or None
    )
    return Splits(str(table), {name: _reader(table, name, loaded[name]) for name in loaded})


def _missing(table: HubTable, reason: str, remedy: str = "") -> Problem:
    expected = "this data set on the hub or in its local cache"
    first = remedy or "Connect once to have it cached"
    instead = f"{first}, or pass data_dir=<directory> with {table.instead}."
    return Problem(str(table), expected, reason, instead)


def _reader(table: HubTable, name: str, split: Any) -> Callable[[], Rows]:
    """Make rows of a split: classes by their names, pictures still as their files' bytes."""

    def read() -> Rows:
        import datasets

        undecoded = split
        for column, feature in split.features.items():
            if isinstance(feature, datasets.Image):
                undecoded = undecoded.cast_column(column, datasets.Image(decode=False))
        names = {column: _class_names(feature) for column, feature in split.features.items()}

        def row(index: int) -> Row:
            values: Mapping[str, Any] = undecoded[index]
            return {column: _named(value, names[column]) for column, value in values.items()}

        return Rows(len(split), row, lambda index: f"{table}, {name}, row {index + 1}")

    return read


def _class_names(feature: Any) -> list[str]:
    """List the names behind a column of labels, or of lists of labels."""
    inner = getattr(feature, "feature", feature)
    return list(getattr(inner, "names", ()) or ())


def _named(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, int) and names and 0 <= value < len(names):
        return names[value]
    return value
