"""A study on SLURM: each worker is a job, and works on one tuned model at a time.

    pip install dask distributed dask-jobqueue
    export MLFLOW_TRACKING_URI=http://head-node:5000 STORE_FOLDER=/shared/brain-alignment
    python -m examples.slurm studies/delta.yaml --jobs 8 --memory 16GB --gpus 1
    python -m examples.slurm studies/delta.yaml --jobs 8 --render

The last command prints the job script and submits nothing. To be started in the project's folder,
which all nodes see, by the interpreter of its environment; it stays until the study is finished.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
FORWARDED = ("MLFLOW_TRACKING_URI", "STORE_FOLDER", "HF_HOME", "HF_HUB_OFFLINE")


def cluster_of(options: argparse.Namespace) -> Any:
    """Describe the jobs; none is submitted yet."""
    from dask_jobqueue import SLURMCluster

    gpus = [f"--gres=gpu:{options.gpus}"] if options.gpus else []
    set_again = [
        f"export {name}={shlex.quote(os.environ[name])}" for name in FORWARDED if name in os.environ
    ]
    return SLURMCluster(
        cores=1,  # a model at a time
        processes=1,
        job_cpu=options.cpus,
        memory=options.memory,
        walltime=options.walltime,
        queue=options.partition,
        python=sys.executable,
        job_extra_directives=gpus,
        job_script_prologue=[f"cd {shlex.quote(str(PROJECT))}", *set_again],
        scheduler_options={"dashboard_address": None},
    )


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", help="study file")
    parser.add_argument("--jobs", type=int, default=4, help="workers (default 4)")
    parser.add_argument("--cpus", type=int, default=4, help="cores of a job (default 4)")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of a job (default 0)")
    parser.add_argument("--memory", default="16GB", help="of a job (default 16GB)")
    parser.add_argument("--walltime", default="08:00:00", help="of a job (default 08:00:00)")
    parser.add_argument("--partition", help="SLURM partition (default: the cluster's)")
    parser.add_argument(
        "--render", action="store_true", help="print the job script, submit nothing"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Start the jobs and run the study on them, or print the job script."""
    options = options_of(arguments)
    with cluster_of(options) as cluster:
        if options.render:
            print(cluster.job_script())
            return
        from entrypoints.main import main as run_study

        cluster.scale(options.jobs)
        run_study(["--study", options.study, "--scheduler", cluster.scheduler_address])


if __name__ == "__main__":
    from entrypoints.command_line import run_command

    run_command(main)
