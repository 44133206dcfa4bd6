"""Opening a corpus: the user's folder where one is given, else the hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.data.hub import HubTable, read_hub
from pipeline.data.reading.folder import Reader, folder_splits
from pipeline.data.rows import Splits
from pipeline.data.task import TaskRequest


def open_corpus(
    request: TaskRequest,
    hub: HubTable,
    local: Callable[[Path], Splits] | Mapping[str, Reader],
) -> Splits:
    """Open a corpus.

    Parameters
    ----------
    request : TaskRequest
        ``directory`` decides where it is looked for.
    hub : HubTable
    local : callable or mapping
        What reads a folder, or what reads each kind of its files.

    Raises
    ------
    DataError
        If the folder or the data set is not to be had.
    """
    if request.directory is None:
        return read_hub(hub)
    if isinstance(local, Mapping):
        return folder_splits(request.directory, local)
    return local(request.directory)
