"""The commands of the README, through ``mlflow run`` itself, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def mlflow_run(repository, tmp_path_factory):
    """Run an entry point with a store of its own."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"
    artifacts = tmp_path_factory.mktemp("artifacts")
    client = mlflow.MlflowClient(uri)
    client.create_experiment("test", artifact_location=artifacts.as_uri())
    # what other tests' use of MLflow left in this process is not for these commands
    inherited = {key: value for key, value in os.environ.items() if "MLFLOW" not in key}
    environment = {
        **inherited,
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_EXPERIMENT_NAME": "test",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }

    def run(entry, **parameters):
        options = [word for key, value in parameters.items() for word in ("-P", f"{key}={value}")]
        command = [str(BIN / "mlflow"), "run", ".", "--env-manager", "local", "-e", entry]
        done = subprocess.run(
            [*command, *options],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return done, client

    return run


def runs(client):
    experiment = client.get_experiment_by_name("test")
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])


@pytest.fixture(scope="module")
def tuned(mlflow_run):
    quick = {"max_train": 32, "max_eval": 12, "max_steps": 2, "learning_rate": "1e-2"}
    return mlflow_run("tune", base="tiny-vit", task="digits", method="vpt-shallow", **quick)


def test_a_stage_runs_alone(tuned):
    done, client = tuned
    assert done.returncode == 0, done.stderr
    (run,) = [run for run in runs(client) if run.data.tags.get("stage") == "tune"]
    assert run.info.status == "FINISHED"
    assert float(run.data.params["learning_rate"]) == 1e-2
    assert "registered: models:/tiny-vit-digits/1" in done.stdout


@pytest.mark.slow  # two processes more; in this one, alignments read from the registry all the time
def test_its_next_stage_reads_what_it_registered(tuned, mlflow_run):
    model = "models:/tiny-vit-digits@vpt-shallow"
    settings = {"folds": 2, "inner_folds": 2, "trials": 1, "nuisance": "false"}
    done, client = mlflow_run("align", model=model, brain="simulated-pictures", **settings)
    assert done.returncode == 0, done.stderr
    assert "decoding  LOC" in done.stdout
    stages = [run.data.tags["stage"] for run in runs(client)]
    assert stages.count("align") == 1


def test_mistakes_are_told_at_once_and_the_run_fails(mlflow_run):
    done, client = mlflow_run("tune", task="sumarization", method="promt", max_step=3)
    assert done.returncode != 0
    for message in ("3 problems", "'summarization'", "'prompt'", "'max_steps'"):
        assert message in done.stderr
    assert runs(client)[0].info.status == "FAILED"
    assert not client.search_registered_models("name = 'tiny-gpt2-sumarization'")


@pytest.mark.slow
def test_a_refusal_before_the_store_is_opened_is_told_in_the_run_that_mlflow_opened(mlflow_run):
    done, client = mlflow_run("tune", base="gpt2", task="summarization", method="prompt")
    assert done.returncode
    assert "hub out of reach (HF_HUB_OFFLINE is set)" in done.stderr
    run = runs(client)[0]
    assert run.info.status == "FAILED"
    assert "name as base a local directory" in run.data.tags["error"]
