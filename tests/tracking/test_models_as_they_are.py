"""A study may name bases as they are, and features of other tools, in place of tuned models."""

import mlflow
import numpy as np
import pytest
import yaml
from machines import QUICK as MACHINE

from pipeline.brains.load import load_brain
from pipeline.config import ExportConfig, ImportConfig, ReportConfig, read_study
from pipeline.errors import ConfigError
from pipeline.reporting.files import PAGE, TABLES
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.archives.exporting import export_study
from pipeline.tracking.archives.importing import import_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.runs import artifact
from pipeline.tracking.sizes import study_sizes
from pipeline.tracking.stages.forecast import stage
from pipeline.tracking.stages.forecast.checks import refuse_unfit
from pipeline.tracking.stages.report.stage import run_report
from pipeline.tracking.stages.study import run_study
from pipeline.words import AS_THEY_ARE

BRAIN = "simulated-sentences"
THEIRS = "their encoder (v1.0)"


@pytest.fixture(scope="module")
def study_file(store, tmp_path_factory):
    """Write a study of a base and of features that say nothing of the sentences."""
    folder = tmp_path_factory.mktemp("referee")
    (features := folder / "features").mkdir()
    sentences = load_brain(BRAIN, "").stimuli.items
    (features / "stimuli.txt").write_text("\n".join(sentences), encoding="utf-8")
    noise = np.random.default_rng(0).standard_normal((len(sentences), 20))
    np.savez(features / "last.npz", noise)
    grid = {
        "models": ["tiny-gpt2", {"model": THEIRS, "features": str(features)}],
        "brains": [BRAIN],
        "align": {"folds": 3, "inner_folds": 2, "trials": 3, "nuisance": False},
    }
    path = folder / "study.yaml"
    values = {"name": "referee", "asks": "Which is closer to the readers?", "grids": [grid]}
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.fixture(scope="module")
def planned(study_file):
    """Forecast the study before anything of it is made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "machine_constants", lambda: MACHINE)
        return stage.run_forecast(read_study(study_file, catalogue()))


@pytest.fixture(scope="module")
def studied(planned, study_file):
    return run_study(read_study(study_file, catalogue()))


def test_a_forecast_lists_what_becomes_of_each(planned):
    stages = [run.stage for run in planned.runs if run.title != "base tiny-gpt2"]
    assert stages == ["tune", "extract", "reference", "align", "extract", "align", "report"]
    assert not planned.missing
    assert not planned.refusals
    assert all(run.cost and run.cost.seconds > 0 for run in planned.runs)


def test_each_is_registered_and_aligned_once(studied):
    _, links = read_lineage(studied.run_id)
    tags = [mlflow.get_run(link.align_run).data.tags for link in links]
    assert [(t["base"], t["task"], t["method"]) for t in tags] == [
        ("tiny-gpt2", "none", "base"),
        (THEIRS, "none", "features"),
    ]


def test_the_report_compares_them_with_one_another(studied):
    tables = artifact(studied.report.run_id, TABLES)
    (main,) = (path.read_text() for path in tables.glob("main-*.csv"))
    assert "tiny-gpt2" in main
    assert THEIRS in main
    metrics = mlflow.get_run(studied.run_id).data.metrics
    (difference,) = (
        value
        for name, value in metrics.items()
        if name.startswith("contrast/encoding/tiny-gpt2") and name.count("/") == 2
    )
    assert difference > 0.05, "of features that say nothing of the sentences"
    page = artifact(studied.report.run_id, PAGE).read_text(encoding="utf-8")
    assert f"tiny-gpt2 is higher than {THEIRS}" in page
    assert AS_THEY_ARE in page


def test_a_forecast_finds_them_again(studied, study_file, monkeypatch):
    monkeypatch.setattr(stage, "machine_constants", lambda: MACHINE)
    runs = stage.run_forecast(read_study(study_file, catalogue())).runs
    assert [run.title for run in runs if not run.reuses] == ["report of referee"]


def test_an_archive_holds_them(studied, tmp_path):
    archive = tmp_path / "referee.zip"
    exported = export_study(ExportConfig(study=studied.run_id, archive=str(archive)))
    imported = import_study(ImportConfig(archive=str(archive), folder=str(tmp_path / "there")))
    assert imported.contents.sums == exported.contents.sums
    _, links = read_lineage(studied.run_id)
    paths = " ".join(exported.contents.sums)
    assert all(link.extract_run in paths and link.align_run in paths for link in links)


def test_their_bytes_are_counted_once(studied):
    sizes = {size.kind: size for size in study_sizes(studied.run_id)}
    assert (sizes["tune"].number, sizes["extract"].number, sizes["align"].number) == (1, 2, 2)
    assert sizes["version"].n_bytes < 200_000


def test_they_are_reported_beside_tuned_models(studied, aligned):
    _, links = read_lineage(studied.run_id)
    ids = ",".join([aligned.run_id, *(link.align_run for link in links)])
    about = what_to_report(ReportConfig(runs=ids))
    assert len(about.links) == 3
    report = run_report(ReportConfig(runs=ids))
    lines = report.terminal.splitlines()
    assert any(line.startswith("summarization") for line in lines)
    assert any(THEIRS in line and "none" not in line for line in lines)


def test_features_of_other_stimuli_are_refused_before_any_work(store, study_file, tmp_path):
    (tmp_path / "stimuli.txt").write_text("a\nb\n")
    np.savez(tmp_path / "a.npz", np.zeros((2, 3)))
    values = yaml.safe_load(study_file.read_text())
    values["grids"][0]["models"] = [{"model": "theirs", "features": str(tmp_path)}]
    study = read_study(write(tmp_path, values), catalogue())
    with pytest.raises(ConfigError, match=r"(?s)2 others: 'a', 'b'"):
        refuse_unfit(study, in_store=True)


def write(folder, values):
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ["tiny-vit"]}, "grid 1: brain: expected one for image, as base 'tiny-vit'"),
        ({"models": ["tiny-gtp2"]}, "grid 1: model: expected .*found 'tiny-gtp2'"),
        ({"models": ["models:/a@b"]}, "grid 1: models: expected bases, .*a registered version"),
        ({"models": ["tiny-gpt2", "tiny-gpt2"]}, "models: expected each once; found tiny-gpt2"),
        ({"models": [{"model": "tiny-gpt2", "brain": "arrays"}]}, "brain where the grid lists it"),
        ({"models": []}, "bases: expected at least one entry"),
        ({"tasks": ["summarization"]}, "tasks: expected nothing without bases"),
        ({"bases": ["tiny-gpt2"]}, "tasks: expected at least one entry"),
    ],
)
def test_what_cannot_be_aligned_as_it_is_is_refused(study_file, tmp_path, change, message):
    values = yaml.safe_load(study_file.read_text())
    values["grids"][0] |= change
    with pytest.raises(ConfigError, match=message):
        read_study(write(tmp_path, values), catalogue())
