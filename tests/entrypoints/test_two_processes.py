"""Two processes that are started with the same command share the work and register it once."""

import os
import subprocess
import sys

import mlflow
import pytest

COMMAND = "-m entrypoints.tune --base tiny-vit --task digits --method vpt-shallow --max_train 64 "
COMMAND += "--max_eval 16 --max_steps 4 --eval_every 2 --batch_size 8 --trials 6 --trial_steps 4"


@pytest.mark.slow
def test_a_search_is_shared_and_its_result_registered_once(tmp_path, repository):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository),
        "OMP_NUM_THREADS": "1",
        "MLFLOW_TRACKING_URI": uri,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, *COMMAND.split()],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=280)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert all("registered: models:/tiny-vit-digits/1 " in text for text in printed)
    client = mlflow.MlflowClient(uri)
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    trials = [run for run in runs if run.data.tags["stage"] == "trial"]
    assert sorted(int(run.data.tags["trial"]) for run in trials) == list(range(6))
    assert len(client.search_model_versions("name = 'tiny-vit-digits'")) == 1
    assert not list((tmp_path / "unfinished").glob("*"))
