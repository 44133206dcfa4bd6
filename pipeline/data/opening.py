"""Opening a corpus: the user's folder where one is given, else the hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.config import TaskConfig
from pipeline.data.hub_tables import HubTable, read_hub
from pipeline.data.reading.folder import Reader, folder_splits
from pipeline.data.rows import Splits


def open_corpus(
    config: TaskConfig,
    hub: HubTable,
    local: Callable[[Path], Splits] | Mapping[str, Reader],
) -> Splits:
    """Open a corpus.

    Parameters
    ----------
    config : TaskConfig
        ``directory`` decides where it is looked for.
    hub : HubTable
    local : callable or mapping
        What reads a folder, or what reads each kind of its files.

    Raises
    ------
    DataError
        If the folder or the data set is not to be had.
    """
    if config.directory is None:
        return read_hub(hub)
    if isinstance(local, Mapping):
        return folder_splits(config.directory, local)
    return local(config.directory)
