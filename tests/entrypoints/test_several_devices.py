"""torchrun trains on several devices what one device would train, and registers it once."""

import os
import subprocess
import sys

import mlflow
import pytest

COMMON = ["--task", "summarization", "--max_train", "64", "--max_eval", "8", "--max_steps", "6"]
COMMON += ["--batch_size", "8", "--eval_every", "3"]


def start(command, folder, repository):
    folder.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository),
        "OMP_NUM_THREADS": "1",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    client = mlflow.MlflowClient(environment["MLFLOW_TRACKING_URI"])
    experiments = [e.experiment_id for e in client.search_experiments()]
    return done, client.search_runs(experiments), client


def alone(*arguments):
    return [sys.executable, "-m", "entrypoints.tune", *COMMON, *arguments]


def on_two_devices(*arguments):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    return [*torchrun, "--standalone", "-m", "entrypoints.tune", *COMMON, *arguments]


@pytest.mark.slow
def test_two_devices_tune_what_one_does_and_register_it_once(tmp_path, repository):
    method = ["--method", "prompt", "--learning_rate", "0.01"]
    _, runs, _ = start(alone(*method), tmp_path / "one", repository)
    (one,) = [run for run in runs if run.data.tags["stage"] == "tune"]
    done, runs, client = start(on_two_devices(*method), tmp_path / "two", repository)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("registered: models:/tiny-gpt2-summarization/1") == 1
    (two,) = [run for run in runs if run.data.tags["stage"] == "tune"]
    assert len(client.search_model_versions("name = 'tiny-gpt2-summarization'")) == 1
    for name in ("loss/train", "loss/validation"):
        losses = [
            [metric.value for metric in c.get_metric_history(run.info.run_id, name)]
            for c, run in (
                (mlflow.MlflowClient(f"sqlite:///{tmp_path}/one/mlflow.db"), one),
                (client, two),
            )
        ]
        assert losses[0] == pytest.approx(losses[1], rel=0.1)  # dropout differs
    assert not list((tmp_path / "two").glob("unfinished/*"))


@pytest.mark.slow
def test_two_devices_search_as_one_does(tmp_path, repository):
    search = ["--method", "prompt", "--trials", "3", "--trial_steps", "4", "--pruning", "median"]
    outcomes = []
    for command, name in ((alone(*search), "one"), (on_two_devices(*search), "two")):
        done, runs, _ = start(command, tmp_path / name, repository)
        assert done.returncode == 0, done.stderr
        trials = [run for run in runs if run.data.tags["stage"] == "trial"]
        outcomes.append([run.data.tags["outcome"] for run in trials])
    assert len(outcomes[0]) == 3
    assert outcomes[0] == outcomes[1]


@pytest.mark.slow
def test_a_refusal_on_two_devices_fails_the_run_and_registers_nothing(tmp_path, repository):
    hot = ["--method", "full", "--learning_rate", "1e30"]
    done, runs, client = start(on_two_devices(*hot), tmp_path / "two", repository)
    assert done.returncode != 0
    assert "Lower learning_rate" in done.stderr
    (run,) = [run for run in runs if run.data.tags["stage"] == "tune"]
    assert run.info.status == "FAILED"
    assert not client.search_registered_models()
