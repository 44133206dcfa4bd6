"""Work that other processes find by its name."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_info

from pipeline.errors import AlignmentError, Problem


def squares(values):
    return pd.DataFrame({"square": np.asarray(values) ** 2})


def slow_squares(values, seconds):
    time.sleep(seconds)
    return squares(values)


def meet(meeting):
    return pd.DataFrame({"place": [meeting.wait()]})


def threads_and_process():
    numbers = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    return pd.DataFrame({"threads": sorted(numbers), "process": os.getpid()})


def refuse_work():
    raise AlignmentError(Problem("unit", "an answer", "none", "Ask for something else."))


def die_the_first_time(values, mark):
    """End this process from outside, as a cluster's batch system does, unless it did so before."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return squares(values)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def noted_squares(values, folder):
    """Leave a note of having been computed."""
    (Path(folder) / f"{values[0]}").touch(exist_ok=False)
    return squares(values)


def die_of_error():
    raise OSError("the node is gone")


def table(columns):
    return pd.DataFrame(columns)
