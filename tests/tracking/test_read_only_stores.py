"""A store that can be read only is reported from, and nothing is written to it."""

import os

import mlflow
import pytest
from small_study import study_of

from pipeline.config import ReportConfig
from pipeline.errors import RegistryError
from pipeline.tracking.stages.report.stage import run_report
from pipeline.tracking.stages.study import run_study
from pipeline.tracking.store import open_store


@pytest.fixture(scope="module")
def study_of_base(store, tmp_path_factory):
    """Run a small study in a store that can still be written."""
    return run_study(study_of(tmp_path_factory.mktemp("study"), ["base"], name="sealed"))


@pytest.fixture
def read_only(store, study_of_base, monkeypatch, tmp_path):
    """Have nothing of the store be writable (root may write to any file), from another folder."""
    may = os.access

    def cannot_write(path, mode, **options):
        return False if mode == os.W_OK and str(store) in str(path) else may(path, mode, **options)

    monkeypatch.setattr(os, "access", cannot_write)
    monkeypatch.chdir(tmp_path)
    before = (store / "mlflow.db").read_bytes()
    assert open_store(writing=False) == ""
    yield tmp_path
    assert (store / "mlflow.db").read_bytes() == before


def test_a_report_that_was_made_before_is_found(read_only, study_of_base):
    report = run_report(ReportConfig(study=study_of_base.run_id))
    assert report.run_id == study_of_base.report.run_id
    assert list(read_only.iterdir()) == []


def test_a_report_that_was_not_made_before_is_written_where_the_command_runs(
    read_only, study_of_base, monkeypatch
):
    monkeypatch.setattr("pipeline.tracking.fingerprints.trail_digest", lambda _: "other code")
    report = run_report(ReportConfig(study=study_of_base.run_id))
    assert report.run_id == ""
    assert report.place == f"report-{study_of_base.run_id[:8]}/report.html"
    assert "simulated subjects" in report.page.read_text(encoding="utf-8")
    assert report.terminal.strip()


def test_a_refusal_is_told_and_leaves_no_run(read_only):
    with pytest.raises(RegistryError, match="which this store does not have"):
        run_report(ReportConfig(study="deadbeef"))


def test_what_computes_is_refused(read_only):
    with pytest.raises(RegistryError, match="it can be read only"):
        open_store()
    assert mlflow.active_run() is None
