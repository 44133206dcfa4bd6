"""All that only a silent hub has is refused at once, before anything that takes long."""

import json
import re
import socket
import subprocess
import sys

import pytest
from hub_server import Hub, on_its_own

SCRIPT = """
import json, sys
from importlib import import_module
from entrypoints.command_line import run_command

try:
    run_command(import_module("entrypoints." + sys.argv.pop(1)).main)
except SystemExit as end:
    slow = ("mlflow", "datasets", "transformers", "bert_score")
    print(json.dumps([end.code, [name for name in slow if name in sys.modules]]))
"""
BASE = r"base openai-community/gpt2 at 607a.* name as base a local directory that holds config.json"
DATA = r"hub EdinburghNLP/xsum .* pass data_dir=<directory> with train, validation and test files"
SCORER = (
    r"'roberta-large', the hub out of reach .* Pass the directory of a model, bertscore_model=tiny"
)


@pytest.fixture
def environment(tmp_path):
    """Give the environment of a hub that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = Hub({}, address=f"http://127.0.0.1:{listening.getsockname()[1]}")
        store = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
        yield {**on_its_own(silent, tmp_path / "home"), **store}


def refused(arguments, environment):
    """Run a command that must fail; what it has said, and what it has imported of what is slow."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    status, imported = json.loads(done.stdout)
    assert status == 2
    return done.stderr, imported


def in_order(*patterns):
    return r"(?s)error: 3 problems.*" + ".*".join(patterns)


def test_a_tuning_is_refused_before_anything_slow_is_imported(environment, tmp_path):
    settings = {
        "base": "gpt2",
        "task": "xsum",
        "method": "prompt",
        "bertscore_model": "roberta-large",
    }
    arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
    output, imported = refused(["tune", *arguments], environment)
    assert re.search(in_order(BASE, DATA, SCORER), output)
    assert "no answer from http://127.0.0.1" in output
    assert not imported
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.slow
def test_a_study_is_refused_before_its_first_tuning(environment, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(
        "name: out of reach\nasks: what is said\ngrids:\n"
        "  - {bases: [tiny-gpt2, gpt2], tasks: [summarization, xsum], methods: [base, full],\n"
        "     brains: [simulated-sentences], tune: {bertscore_model: roberta-large}}\n"
    )
    output, imported = refused(["main", "--study", str(study)], environment)
    assert re.search(in_order(BASE, DATA, SCORER), output)
    assert not imported
    assert not (tmp_path / "mlflow.db").exists()
