"""Simulated studies kept in files, a batch a file, so that a calibration goes on where it was."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from studies.calibration.simulate import KeptSums, simulate
from studies.calibration.world import World

BATCH = 10


def simulate_batches(
    batches: Iterable[tuple[World, int]], folder: Path, n_jobs: int = 1
) -> Iterator[int]:
    """Simulate batches in several processes, and count those that are finished.

    Every batch is computed on one thread, so it is the same to the last bit whatever ``n_jobs``
    is. Ended early, it leaves what was finished.

    Parameters
    ----------
    batches : iterable of (World, int)
        World and number of each batch, in the order in which they are begun.
    folder : Path
    n_jobs : int
        Processes; 1: this one.

    Yields
    ------
    int
        How many batches are there by now.
    """
    pool = joblib.Parallel(n_jobs, return_as="generator_unordered", batch_size=1)
    work = (joblib.delayed(simulate_batch)(*batch, folder) for batch in batches)
    for number, _ in enumerate(pool(work), start=1):
        yield number


def simulate_batch(world: World, number: int, folder: Path) -> bool:
    """Simulate a batch of studies, unless it is kept already.

    Parameters
    ----------
    world : World
    number : int
        Of the batch; its studies are seeded from ``number * BATCH`` on.
    folder : Path

    Returns
    -------
    bool
        Whether there was something to do.
    """
    path = path_of(world, number, folder)
    if path.is_file():
        return False
    with threadpool_limits(1):
        studies = [simulate(world, number * BATCH + n) for n in range(BATCH)]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        # halves up to 16: exact in half precision
        np.savez_compressed(
            file,
            wins=np.stack([s.wins for s in studies]).astype(np.float16),
            pairs=np.stack([s.pairs for s in studies]).astype(np.float16),
            preferences=np.stack([s.preferences for s in studies]),
        )
    partial.replace(path)
    return True


def path_of(world: World, number: int, folder: Path) -> Path:
    """Give the file that keeps a batch."""
    return folder / world.name / f"{number:04d}.npz"


def read_batches(world: World, folder: Path, first: int = 0) -> Iterator[KeptSums]:
    """Yield the studies of a world that are kept, in the order of their seeds.

    Parameters
    ----------
    world : World
    folder : Path
    first : int
        Seed to begin at, the first of its batch.
    """
    for path in sorted((folder / world.name).glob("*.npz")):
        if int(path.stem) * BATCH < first:
            continue
        with np.load(path) as arrays:
            by_name: dict[str, NDArray[np.floating]] = {name: arrays[name] for name in arrays.files}
        studies = zip(by_name["wins"], by_name["pairs"], by_name["preferences"], strict=True)
        first_of_batch = int(path.stem) * BATCH
        for seed, (wins, pairs, preferences) in enumerate(studies, start=first_of_batch):
            yield KeptSums(seed, wins.astype(np.float32), pairs.astype(np.float32), preferences)
