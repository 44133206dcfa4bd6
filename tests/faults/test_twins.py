"""Of identical commands at once one computes, and all end with what it made."""

import mlflow
import pytest
import stores
from commands import STUDY, write_study
from note import write_part
from twins import run_together, stage_command

N_PAIRS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder whose store has a version, made by two commands at once in an empty one."""
    made = tmp_path_factory.mktemp("twins")
    run_together(made, *[stage_command("tune", seed=0)] * 2)
    return made


def client_of(folder):
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    return mlflow.MlflowClient()


def check(folder):
    client = client_of(folder)
    assert stores.running(client) == []
    assert stores.doubled(client) == []
    for stage in ("tune", "extract", "reference", "align", "report"):
        marks = [run.data.tags["fingerprint"] for run in stores.finished(client, stage)]
        assert len(marks) == len(set(marks)), f"{stage} was computed twice"
    assert list((folder / "running").glob("*.lock")) == []
    assert list((folder / "unfinished").glob("*")) == []


def test_two_tunings_at_once_on_an_empty_store_make_one_version(folder):
    check(folder)
    client = client_of(folder)
    assert len(client.search_model_versions("name = 'tiny-vit-digits'")) == 1
    assert len(stores.runs_of(client, "tags.stage = 'tune'")) == 1


@pytest.mark.slow
def test_two_alignments_at_once_are_computed_once(folder):
    run_together(folder, *[stage_command("align", seed=0)] * 2)
    check(folder)
    client = client_of(folder)
    for stage in ("extract", "reference", "align"):
        assert len(stores.runs_of(client, f"tags.stage = '{stage}'")) == 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_pairs_and_studies_at_once_make_one_complete_version_each(folder, tmp_path_factory):
    kinds = [("tune", "align")[n % 2] for n in range(N_PAIRS)]
    for number, kind in enumerate(kinds, start=1):
        run_together(folder, *[stage_command(kind, number)] * 2)
        check(folder)
    shared = tmp_path_factory.mktemp("studies")
    command = write_study(shared)
    seconds = run_together(shared, *[command] * 8)
    check(shared)
    client = client_of(shared)
    methods = STUDY["grids"][0]["methods"]
    assert len(client.search_model_versions()) == len(methods)
    assert len(stores.finished(client, "study")) == 8
    write_part(
        "twins",
        f"{N_PAIRS} pairs of identical commands (`tune`, `align`) at once on one SQLite store, and "
        f"8 identical studies at once on an empty one (all ended after {seconds:.0f} s). Every "
        "command ended well; each stage was computed once, and there is one complete version for "
        "each tuning.\n\nOn a tracking server the same holds for processes on one machine. "
        "Processes on different machines do not see each other: both compute, with the same "
        "result, and the registry then has two equal versions.",
    )
