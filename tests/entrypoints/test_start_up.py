"""Help and refusals come without the imports that take seconds."""

import ast
import json
import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "mlflow", "pandas", "scipy", "sklearn", "optuna", "matplotlib",
         "datasets", "peft", "timm", "dask", "nibabel", "h5py")  # fmt: skip
SCRIPT = f"""
import json, sys
from importlib import import_module
from entrypoints.command_line import run_command

try:
    run_command(import_module("entrypoints." + sys.argv.pop(1)).main)
except SystemExit as end:
    print(json.dumps([end.code, [name for name in {HEAVY} if name in sys.modules]]))
"""
REFUSED = {
    "main": ["--study", "nowhere.yaml"],
    "prepare": ["--brain", "nobody"],
    "tune": ["--task", "summarization", "--method", "promt"],
    "extract": ["--model", "a model", "--brain", "nobody"],
    "align": ["--model", "models:/a@b", "--brain", "simulated-pictures", "--pooling", "last"],
    "export": ["--stuy", "3"],
    "report": ["--stuy", "3"],
    "power": ["--alpha", "2"],
    "ui": ["--port", "0"],
}


#: Names that only the store can know, which these commands look up in one that holds nothing.
UNKNOWN = {
    "extract": ["--model", "models:/a@b", "--brain", "simulated-sentences"],
    "align": ["--model", "tiny-gpt3", "--brain", "simulated-sentences"],
    "report": [],
    "export": ["--study", "deadbeef"],
}


def end_of(entry, *arguments, **variables):
    """Run an entry point; its exit status, what it imported of what is heavy, what it said."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, entry, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, **variables},
    )
    status, heavy = json.loads(done.stdout.splitlines()[-1])
    return status, heavy, done.stdout + done.stderr


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(name, marks=() if name in ("main", "align") else pytest.mark.slow)
        for name in REFUSED  # below, each makes its options too, which its help prints
    ],
)
def test_help_imports_nothing_heavy(entry):
    status, heavy, output = end_of(entry, "--help")
    assert (status, heavy) == (0, [])
    assert f"python -m entrypoints.{entry}" in output


def test_a_study_of_which_all_is_done_imports_neither_torch_nor_what_draws():
    script = f"""
import sys, pipeline.tracking.stages.study
from pipeline.tuning.training.devices import agree
agree(True)  # on whether a tuning is done
print([name for name in {(*HEAVY, "scipy.stats")} if name in sys.modules])
"""
    command = [sys.executable, "-c", script]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    unneeded = {"torch", "transformers", "timm", "matplotlib", "scipy.stats", "optuna"}
    assert not unneeded & set(ast.literal_eval(printed.stdout))


@pytest.mark.parametrize("entry", REFUSED)
def test_a_refused_command_imports_nothing_heavy(entry):
    status, heavy, output = end_of(entry, *REFUSED[entry])
    assert (status, heavy) == (2, [])
    assert "error: " in output


@pytest.mark.parametrize("entry", UNKNOWN)
def test_a_name_that_the_store_does_not_have_is_refused_without_mlflow(entry, tmp_path):
    address = f"sqlite:///{tmp_path}/mlflow.db"
    status, heavy, output = end_of(entry, *UNKNOWN[entry], MLFLOW_TRACKING_URI=address)
    assert (status, heavy) == (2, [])
    assert "error: " in output
    assert not list(tmp_path.iterdir())
