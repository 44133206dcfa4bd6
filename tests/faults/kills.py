"""Kills the commands of a study at random moments, until it is finished all the same."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field

import mlflow
import stores
from commands import PREPARE, finish, kill, start, write_study

MOST = 8


@dataclass
class Toll:
    """What a number of kills came to."""

    kills: int = 0
    studies: int = 0
    stages: Counter = field(default_factory=Counter)

    def table(self):
        rows = [f"| {stage} | {number} |" for stage, number in sorted(self.stages.items())]
        return "\n".join(["| what was killed | times |", "|---|---|", *rows])


def unbroken(folder, uri=None):
    """Run a study without accidents: its results, and the seconds it took."""
    command = write_study(folder)
    begin = time.monotonic()
    assert finish(start(folder, PREPARE, command, uri=uri)) == 0
    seconds = time.monotonic() - begin
    return stores.results(_client(folder, uri)), seconds


def kill_studies(make_folder, n_kills, expected, seconds, seed, make_uri=lambda _: None, most=MOST):
    """Kill studies, each some times, and check each of them once it has finished.

    Parameters
    ----------
    make_folder : callable
        Gives an empty folder for a number.
    n_kills : int
        In all.
    expected : dict
        Results of an unbroken run.
    seconds : float
        How long one takes.
    seed : int
        Of the moments.
    make_uri : callable
        Gives the address of a store for a folder; the default is a file in it.
    most : int
        Kills of one study, before it is left to finish.
    """
    rng = random.Random(seed)
    toll = Toll()
    while toll.kills < n_kills:
        folder = make_folder(toll.studies)
        uri = make_uri(folder)
        command = write_study(folder)
        for _ in range(min(most, n_kills - toll.kills)):
            process = start(folder, PREPARE, command, uri=uri)
            process.join(rng.uniform(0, seconds))
            if process.exitcode is not None:
                assert process.exitcode == 0
                break
            kill(process)
            toll.kills += 1
            toll.stages[_under_way(folder, uri)] += 1
        assert finish(start(folder, PREPARE, command, uri=uri)) == 0
        stores.check(_client(folder, uri), expected)
        toll.studies += 1
        if uri is None:
            assert list((folder / "unfinished").glob("*")) == []
            assert list((folder / "running").glob("*.lock")) == []
    return toll


def _client(folder, uri):
    uri = uri or f"sqlite:///{folder}/mlflow.db"
    mlflow.set_tracking_uri(uri)  # for reading artifacts
    return mlflow.MlflowClient(uri)


def _under_way(folder, uri):
    """Name the stage that was killed, of several the innermost."""
    if uri is None and not (folder / "mlflow.db").exists():
        return "the making of the store"
    left = stores.running(_client(folder, uri))
    stages = [run.data.tags.get("stage", "run") for run in left]
    return next((s for s in ("trial", *stages) if s in stages and s != "study"), "between stages")
