"""Workers of this machine: processes that are forked from one that has imported what they need.

To import it takes each process 5 to 10 seconds. Where there are GPUs every worker is a process of
its own from its start: what a library has asked of a GPU does not survive a fork.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from multiprocessing import forkserver
from typing import Any

from pipeline.errors import ConfigError, Problem

#: What a worker needs of torch: a device of its own, named before torch looks for devices.
DEVICES = "CUDA_VISIBLE_DEVICES"
#: Workers share the cores: each has one, unless the environment says otherwise.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
IMPORTED = (
    "distributed",
    "pipeline.tracking.stages.cell_workers",
    "pipeline.tuning.tune",
    "pipeline.models.travelling.text",
    "pipeline.models.travelling.vision",
)


@contextmanager
def own_workers(workers: int) -> Iterator[Any]:
    """Start workers, which end with the block, and give a client of theirs.

    Parameters
    ----------
    workers : int

    Raises
    ------
    ConfigError
        When dask is not installed.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        expected = "dask and distributed, to work on several models at once"
        remedy = "Install both (requirements-dev.txt pins them), or leave workers at 1."
        raise ConfigError(Problem("workers", expected, str(error), remedy)) from error
    # a refusal is told by the command, not by dask, which says more to whoever has a logger
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    import_ahead()
    method = "spawn" if devices_of_this_machine() else "forkserver"
    with (
        dask.config.set({"distributed.worker.multiprocessing-method": method}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def import_ahead() -> None:
    """Start the process that workers are forked from, while this one has other things to do."""
    if not devices_of_this_machine():
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(IMPORTED))
        with _environment(ONE_THREAD):
            forkserver.ensure_running()


def devices_of_this_machine() -> tuple[str, ...]:
    """List the GPUs that this process may use."""
    if metadata.version("torch").endswith("+cpu"):
        return ()
    import torch

    named = [name for name in os.environ.get(DEVICES, "").split(",") if name]
    return tuple(named or map(str, range(torch.cuda.device_count())))


@contextmanager
def _environment(defaults: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started in this block, where they are not set."""
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
