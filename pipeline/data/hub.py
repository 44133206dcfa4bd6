"""Data sets of the Hugging Face hub: no script of theirs is run, and none is waited for long."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.data.rows import Row, Rows, Splits
from pipeline.errors import DataError, Problem

PROBE_SECONDS = 3.0


@dataclass(frozen=True)
class HubTable:
    """A data set of the hub, as tables.

    Parameters
    ----------
    repository : str
    config : str
        Which of its tables; empty for the only one.
    revision : str
        A branch, tag or commit; empty for the latest. ``refs/convert/parquet`` is where the hub
        keeps as tables what its authors gave as a script.
    """

    repository: str
    config: str = ""
    revision: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, ("hub", self.repository, self.config, self.revision)))


def read_hub(table: HubTable, instead: str) -> Splits:
    """Read a data set from the hub, or from its local cache when the hub cannot be reached.

    Parameters
    ----------
    table : HubTable
    instead : str
        Which local files would serve as well, for the refusal.

    Raises
    ------
    DataError
        If it is neither cached nor to be had; without a network within 5 seconds.
    """
    with hub_or_cache() as reachable:
        return _read(table, instead, reachable)


def _read(table: HubTable, instead: str, reachable: bool) -> Splits:
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(
            table.repository, table.config or None, revision=table.revision or None
        )
    except (OSError, ValueError, RuntimeError, HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        found = reason if reachable else "the hub out of reach and no copy in the local cache"
        remedy = f"Pass data_dir=<directory> with {instead}, or connect once so that it is cached."
        expected = "this data set on the hub or in its local cache"
        raise DataError(Problem(str(table), expected, found, remedy)) from error
    return Splits(str(table), {name: _reader(table, name, loaded[name]) for name in loaded})


@contextmanager
def hub_or_cache() -> Iterator[bool]:
    """Let the hub's libraries look into their caches only, where the hub gives no answer in time.

    They read the constants that are set here at each call.

    Yields
    ------
    bool
        Whether the hub can be reached.
    """
    answer = _ask_hub()
    import datasets  # takes a second or two, in which the hub may answer
    from huggingface_hub import constants

    before = (constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE)
    if not (reachable := answer()):
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield reachable
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _ask_hub() -> Callable[[], bool]:
    """Ask the hub for any answer; what is returned waits for it, for a few seconds at most.

    The hub's own client waits up to a minute; a name server alone can take longer than the time-out
    that a request is given, so the question is asked in a thread that need not come back.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return lambda: False
    until = time.monotonic() + PROBE_SECONDS
    answered = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
                answered.set()
        except urllib.error.HTTPError:
            answered.set()  # any answer is one
        except (OSError, ValueError):
            return

    def answer() -> bool:
        thread.join(max(0.0, until - time.monotonic()))
        return answered.is_set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return answer


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
