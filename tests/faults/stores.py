"""Claims that hold of a store after any accident, and what of two stores is compared."""

import os
from collections import Counter
from contextlib import contextmanager

import mlflow
import pytest

from pipeline.tracking.store import open_store

SCORES = ("task/", "validation/", "encoding_2v2/", "decoding_2v2/")


@contextmanager
def opened(folder):
    """Open an empty store in a folder, and work there until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        open_store()
        yield folder
    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI"))


def runs_of(client, filter_string=""):
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return client.search_runs(experiments, filter_string, max_results=5000)


def doubled(client):
    """List the tunings that have registered more than one version."""
    runs = {run.info.run_id: run.data.tags["fingerprint"] for run in finished(client, "tune")}
    made = Counter(runs.get(v.run_id, v.run_id) for v in client.search_model_versions())
    return [fingerprint for fingerprint, number in made.items() if number > 1]


def finished(client, stage):
    return runs_of(client, f"tags.stage = '{stage}' and attributes.status = 'FINISHED'")


def unfinished_versions(client):
    """List the versions whose run never came to its end."""
    versions = client.search_model_versions()
    return [v for v in versions if client.get_run(v.run_id).info.status != "FINISHED"]


def running(client):
    return runs_of(client, "attributes.status = 'RUNNING'")


def results(client):
    """Give every score of every finished stage, and the whole tables of the alignments."""
    scores = {}
    for stage in ("tune", "align"):
        for run in finished(client, stage):
            tags = run.data.tags
            place = (stage, tags["task"], tags["method"], tags.get("brain", ""))
            metrics = {k: v for k, v in run.data.metrics.items() if k.startswith(SCORES)}
            scores[place] = metrics
            if stage == "align":
                uri = f"{run.info.artifact_uri}/scores.csv"
                scores[(*place, "table")] = mlflow.artifacts.load_text(uri)
    return scores


def check(client, expected):
    """Assert that a store is whole and holds what an unbroken run leaves."""
    assert running(client) == []
    assert doubled(client) == []
    assert unfinished_versions(client) == []
    assert results(client) == expected
