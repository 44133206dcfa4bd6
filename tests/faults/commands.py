"""Commands of this project in processes that start at once, so that many of them can be killed.

A server process imports everything once; each command is a fork of it with a store of its own.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import yaml

IMPORTED = [
    "pipeline",
    "torch",
    "timm",
    "transformers",
    "pipeline.tracking.catalogue",
    "pipeline.tracking.stages.study",
    "pipeline.tracking.stages.prepare",
    "pipeline.tracking.store",
]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)

PREPARE = ("prepare", "--brain", "simulated-pictures", "--n_subjects", "2", "--n_voxels", "12")
STUDY = {
    "name": "killed",
    "asks": "Does a study survive?",
    "grids": [
        {
            "bases": ["tiny-vit"],
            "tasks": ["digits"],
            "methods": ["vpt-shallow"],
            "brains": ["simulated-pictures"],
            "seeds": [1],
            "tune": {"max_train": 24, "max_eval": 12, "max_steps": 3, "eval_every": 1},
            "by_method": {"vpt-shallow": {"prompt_length": 2, "trials": 2, "trial_steps": 2}},
            "align": {"folds": 2, "inner_folds": 2, "trials": 1, "pooling": "class", "workers": 1},
        }
    ],
}


def write_study(folder, study=None):
    """Write a study, and give the command that runs it."""
    path = Path(folder) / "study.yaml"
    path.write_text(yaml.safe_dump(study or STUDY))
    return ("main", "--study", str(path))


def start(folder, *commands, uri=None):
    """Start some commands, one after the other, in a process of their own."""
    process = _context.Process(target=_run, args=(str(folder), commands, uri))
    process.start()
    return process


def finish(process, seconds=240):
    """Wait for a process to end well, and give what it printed."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError(f"a command hung for {seconds} s")
    return process.exitcode


def kill(process):
    """Kill a process as the system does that has no memory left."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def printed(folder):
    """Give what the commands in a folder have printed so far."""
    return (Path(folder) / "printed.txt").read_text(encoding="utf-8")


def _run(folder, commands, uri):
    os.chdir(folder)
    os.environ["MLFLOW_TRACKING_URI"] = uri or f"sqlite:///{folder}/mlflow.db"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with (
        Path("printed.txt").open("a", encoding="utf-8") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        from entrypoints.command_line import run_command

        for name, *arguments in commands:
            sys.argv = [name, *arguments]
            run_command(importlib.import_module(f"entrypoints.{name}").main)
