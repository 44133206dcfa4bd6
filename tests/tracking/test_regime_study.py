"""A study of several regimes runs whole, as its dry run says, and its report compares them."""

import pytest
import yaml
from machines import QUICK

from pipeline.config import ExportConfig, read_study
from pipeline.tracking.archives.exporting import export_study
from pipeline.tracking.catalogue import catalogue
from pipeline.tracking.lineage import read_further_links, read_lineage
from pipeline.tracking.runs import find_runs
from pipeline.tracking.sizes import study_sizes
from pipeline.tracking.stages.align.assembled import versions_behind
from pipeline.tracking.stages.forecast import stage
from pipeline.tracking.stages.forecast.checks import refuse_unfit
from pipeline.tracking.stages.study import run_study

STUDY = {
    "name": "regimes",
    "asks": "Does it matter what a base is tuned on?",
    "grids": [
        {
            "bases": ["tiny-vit"],
            "regimes": ["task", "brain"],
            "tasks": ["digits"],
            "methods": ["base", "vpt-shallow"],
            "seeds": [53],
            "brains": ["simulated-pictures"],
            "tune": {"max_train": 32, "max_eval": 10, "max_steps": 2, "eval_every": 2},
            "align": {"folds": 2, "inner_folds": 2, "trials": 2, "nuisance": False},
        }
    ],
}

pytestmark = pytest.mark.slow  # fifteen runs


@pytest.fixture(scope="module")
def study(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("regimes") / "study.yaml"
    path.write_text(yaml.safe_dump(STUDY))
    return read_study(path, catalogue())


@pytest.fixture(scope="module")
def planned(study):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "machine_constants", lambda: QUICK)
        return stage.run_forecast(study).runs


@pytest.fixture(scope="module")
def finished(study, planned):
    refuse_unfit(study, in_store=True)
    return run_study(study)


def test_a_dry_run_counts_the_runs_that_a_study_makes(planned, finished):
    made = find_runs(f"tags.`mlflow.parentRunId` = '{finished.run_id}'")
    counts = [
        [names.count(name) for name in ("tune", "extract", "align", "report")]
        for names in ([r.stage for r in planned], [r.data.tags["stage"] for r in made])
    ]
    assert counts[0] == counts[1]


def test_links_of_a_regime_lead_to_a_version_of_every_fold(finished):
    _, links = read_lineage(finished.run_id)
    behind = {link.model: versions_behind(link.align_run) for link in links}
    assert sorted(map(len, behind.values())) == [0, 0, 0, 2]
    folds = [link for link in read_further_links(finished.run_id) if link.fold >= 0]
    assert [link.model for link in folds] == max(behind.values(), key=len)


def test_versions_and_features_of_all_folds_count_and_are_exported(finished, tmp_path):
    sizes = {size.kind: size.number for size in study_sizes(finished.run_id)}
    assert (sizes["version"], sizes["tune"], sizes["extract"], sizes["align"]) == (5, 5, 5, 6)
    archive = export_study(ExportConfig(study=finished.run_id, archive=str(tmp_path / "s.zip")))
    assert archive.n_runs >= 20


def test_the_report_compares_regimes(finished):
    page = finished.report.page.read_text(encoding="utf-8")
    assert "What was learned" in page
    assert "brain \u2212 digits" in page
    assert "shallow visual prompt tuning, regime brain" in finished.report.summary
    assert "readout_r (inside folds)" in page


def test_the_same_study_again_reuses_every_version(study, finished):
    before = len(find_runs("tags.stage = 'tune'"))
    again = run_study(study)
    assert len(find_runs("tags.stage = 'tune'")) == before
    assert again.report.summary == finished.report.summary
