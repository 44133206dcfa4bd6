"""A whole alignment on a dask cluster that loses a worker half-way."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment.dataset.plan import compute_parts, make_plan, model_units
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ComputeConfig
from pipeline.extraction.nuisance import nuisance_features

distributed = pytest.importorskip("distributed", reason="dask is optional: requirements-dev.txt")
SETTINGS = {"folds": 4, "inner_folds": 3, "trials": 8, "repeats": 2, "rois_per_unit": 2}


def kill_when_some_are_kept(process, folder, killed):
    while len(list(folder.glob("*.parquet"))) < 5:
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    killed.append(len(list(folder.glob("*.parquet"))))


@pytest.mark.slow
def test_an_alignment_that_loses_a_worker_ends_complete_and_the_same_to_the_last_bit(tmp_path):
    name = "simulated-sentences"
    brain = load_brain(name, "")
    config = AlignConfig.model_validate({"model": "models:/a@b", "brain": name, **SETTINGS})
    plan = make_plan(config, brain)
    rng = np.random.default_rng(0)
    features = {f"layer_{n:02d}": rng.standard_normal((192, 64)) for n in range(5)}
    units = list(model_units(plan, features, nuisance_features(brain.stimuli, False)))
    here = compute_parts(units, tmp_path / "here", ComputeConfig(workers=1))
    killed = []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            victim = min(client.run(os.getpid).values())
        folder = tmp_path / "there"
        killer = threading.Thread(target=kill_when_some_are_kept, args=(victim, folder, killed))
        killer.start()
        place = ComputeConfig(scheduler=cluster.scheduler_address)
        there = compute_parts(units, folder, place)
        killer.join()
    assert killed[0] < len(units) == 24
    pd.testing.assert_frame_equal(there.scores, here.scores, check_exact=True)
    pd.testing.assert_frame_equal(there.alphas, here.alphas, check_exact=True)
