"""The job script for SLURM is a shell script with what was asked for."""

import subprocess

import pytest

from examples.slurm import main

pytest.importorskip("dask_jobqueue", reason="optional: requirements-dev.txt")


def test_the_job_script_asks_for_what_was_said_and_is_shell(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://head-node:5000")
    monkeypatch.setenv("STORE_FOLDER", "/shared/a folder")
    options = ["--gpus", "1", "--memory", "16GB", "--walltime", "02:00:00", "--partition", "long"]
    main(["studies/delta.yaml", "--render", *options])
    script = capsys.readouterr().out
    for directive in ("-p long", "--gres=gpu:1", "--mem=15G", "-t 02:00:00", "--cpus-per-task=4"):
        assert f"#SBATCH {directive}" in script
    path = tmp_path / "job.sh"
    path.write_text(script)
    subprocess.run(["bash", "-n", str(path)], check=True)
    environment = script.split("distributed.cli")[0].rpartition("\n")[0] + "\nenv\n"
    seen = subprocess.run(["bash", "-c", environment], capture_output=True, text=True, check=True)
    assert "MLFLOW_TRACKING_URI=http://head-node:5000" in seen.stdout
    assert "STORE_FOLDER=/shared/a folder" in seen.stdout
    assert "--nthreads 1" in script
