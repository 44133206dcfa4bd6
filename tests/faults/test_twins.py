"""Of identical commands at once one computes, and all end with what it made."""

import mlflow
import pytest
import stores
from commands import STUDY, write_study
from note import write_part
from twins import run_together, stage_command

N_PAIRS = 20
N_STUDIES = 8


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
        # one that came late to a shared search says whose result it reuses, and computed nothing
        runs = [run for run in stores.finished(client, stage) if "reuses" not in run.data.tags]
        marks = [run.data.tags["fingerprint"] for run in runs]
        assert len(marks) == len(set(marks)), f"{stage} was computed twice"
    assert list((folder / "running").glob("*.lock")) == []
    assert list((folder / "unfinished").glob("*")) == []


@pytest.mark.slow  # two processes that train
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
def test_pairs_at_once_make_one_complete_version_each(folder):
    kinds = [("tune", "align")[n % 2] for n in range(N_PAIRS)]
    for number, kind in enumerate(kinds, start=1):
        run_together(folder, *[stage_command(kind, number)] * 2)
        check(folder)
    write_part(
        "twins",
        f"{N_PAIRS} pairs of identical commands (`tune`, `align`) at once on one SQLite store. "
        "Every command ended well; each stage was computed once, and there is one complete version "
        "for each tuning.",
    )


@pytest.mark.slow
def test_studies_at_once_on_an_empty_store_make_one_complete_version(tmp_path):
    seconds = run_together(tmp_path, *[write_study(tmp_path)] * N_STUDIES)
    check(tmp_path)
    client = client_of(tmp_path)
    methods = STUDY["grids"][0]["methods"]
    assert len(client.search_model_versions()) == len(methods)
    assert len(stores.finished(client, "study")) == N_STUDIES
    write_part(
        "studies at once",
        f"{N_STUDIES} identical studies at once on an empty store (all ended after {seconds:.0f} "
        "s). Every one ended well; each stage was computed once, and there is one complete "
        "version.\n\nOn a tracking server the same holds for processes on one machine. "
        "Processes on different machines do not see each other: both compute, with the same "
        "result, and the registry then has two equal versions.",
    )
