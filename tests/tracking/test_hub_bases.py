"""A base of the hub is tuned, and which commit it was is recorded: with that it is had again."""

import json
import shutil
import subprocess
import sys

import mlflow
import pytest
from hub_server import Repository, on_its_own, served
from vision_architectures import VISION, timm_folder

from pipeline.models.bases import PRETRAINED
from pipeline.tracking.registered import read_version

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
]  # in two processes that start MLflow and torch

SCRIPT = """
import json, sys
from entrypoints import tune
from entrypoints.command_line import run_command

for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    run_command(tune.main)
"""
QUICK = ["--max_train", "40", "--max_eval", "8", "--max_steps", "2", "--eval_every", "1"]
MODELS = {"org/tiny": ("summarization", "prompt"), "timm/small": ("digits", "probe")}


@pytest.fixture(scope="module")
def tuned(repository, tmp_path_factory):
    """Tune bases of a hub at their newest commit, and again at that commit when it is gone."""
    place = tmp_path_factory.mktemp("hub")
    shutil.copytree(PRETRAINED / "tiny-gpt2", place / "tiny")
    timm_folder(place / "small", *VISION["vit"])
    for name in ("tiny", "small"):
        (place / name / "README.md").write_text("# As every repository of the hub has one")
    repositories = {
        ("models", "org/tiny"): Repository(place / "tiny"),
        ("models", "timm/small"): Repository(place / "small"),
    }
    store = f"sqlite:///{place}/mlflow.db"
    client = mlflow.MlflowClient(store)
    client.create_experiment("test", artifact_location=(place / "artifacts").as_uri())
    named = {"MLFLOW_TRACKING_URI": store, "MLFLOW_EXPERIMENT_NAME": "test"}

    def tune(bases):
        commands = []
        for base, (task, method) in zip(bases, MODELS.values(), strict=True):
            commands.append(["--base", base, "--task", task, "--method", method, *QUICK])
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(commands)],
            cwd=repository,
            env={**on_its_own(hub, place / "home"), **named},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    commits = {name: repository.commit for (_, name), repository in repositories.items()}
    with served(repositories) as hub:
        tune(MODELS)
    again = tune([f"{name}@{commits[name]}" for name in MODELS])
    return client, commits, again


@pytest.mark.parametrize("model", MODELS)
def test_run_and_version_name_the_commit_that_was_fetched(tuned, model):
    client, commits, _ = tuned
    name = f"{model.split('/')[1]}-{MODELS[model][0]}"
    (version,) = client.search_model_versions(f"name = '{name}'")
    expected = {"base_repository": model, "base_revision": commits[model]}
    assert expected.items() <= read_version(version).tags.items()
    assert expected.items() <= client.get_run(version.run_id).data.tags.items()


@pytest.mark.parametrize("model", MODELS)
def test_the_base_that_is_kept_is_tagged_with_its_commit(tuned, model):
    client, commits, _ = tuned
    experiment = client.get_experiment_by_name("test").experiment_id
    runs = client.search_runs([experiment], f"tags.revision = '{commits[model]}'")
    assert [run.data.tags["stage"] for run in runs] == ["base"]


def test_with_that_commit_the_same_tuning_is_found_again_without_the_hub(tuned):
    _, _, again = tuned
    for model, (task, method) in MODELS.items():
        title = f"{method} tune {model.split('/')[1]}-{task}"
        assert f"{title}: already done, reusing run" in again
