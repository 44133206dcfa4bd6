"""A study runs every stage once as its children, and the next one reuses them all."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import mlflow
import pytest
from small_study import STUDY

from pipeline.brains.load import load_brain
from pipeline.config import ReportConfig
from pipeline.errors import RegistryError
from pipeline.models.bases import PRETRAINED
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.browsing import browse_link, links
from pipeline.tracking.lineage import latest_study, read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import artifact, find_runs
from pipeline.tracking.sizes import study_sizes
from pipeline.tracking.stages.forecast import checks
from pipeline.tracking.stages.forecast.checks import refuse_unfit
from pipeline.tracking.stages.report.stage import run_report
from pipeline.tracking.stages.study import run_study


@pytest.fixture(scope="module")
def finished(first_study, small_study):
    """Run it again, as the newest study of the store: nothing is computed."""
    return run_study(small_study)


def children(run_id):
    return find_runs(f"tags.`mlflow.parentRunId` = '{run_id}'")


def test_every_stage_of_every_model_is_a_child_of_the_study(first_study, client):
    run = client.get_run(first_study.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["stage"] == "study"
    assert run.info.run_name == "small (simulated subjects)"
    stages = [child.data.tags["stage"] for child in children(first_study.run_id)]
    counted = {stage: stages.count(stage) for stage in ("tune", "extract", "align", "report")}
    assert counted == {"tune": 3, "extract": 3, "align": 3, "report": 1}


def test_the_run_has_the_mean_contrasts_of_the_study_with_their_intervals(finished, client):
    metrics = client.get_run(finished.run_id).data.metrics
    contrasts = finished.report.contrast_metrics
    assert {key: metrics[key] for key in contrasts} == pytest.approx(contrasts)
    name = "contrast/encoding/vpt-shallow-full"
    encoding, full = (
        client.get_run(link.align_run).data.metrics
        for method in ("vpt-shallow", "full")
        for link in read_lineage(finished.run_id)[1]
        if method in client.get_run(link.align_run).info.run_name
    )
    rois = [key for key in full if key.startswith("encoding_2v2/") and key.count("/") == 1]
    by_fold = sum(encoding[roi] - full[roi] for roi in rois) / len(rois)
    assert metrics[name] == pytest.approx(by_fold, abs=0.02)  # pairs, not folds, weigh the same
    assert metrics[f"{name}/low"] < metrics[name] < metrics[f"{name}/high"]


def test_the_lineage_names_versions_and_runs(first_study, finished):
    asks, links = read_lineage(finished.run_id)
    assert asks == STUDY["asks"]
    assert [link.model.split("/")[1] for link in links] == ["tiny-vit-digits"] * 3
    by_id = {run.info.run_id: run.data.tags["stage"] for run in children(first_study.run_id)}
    for link in links:
        assert by_id[link.tune_run] == "tune"
        assert by_id[link.extract_run] == "extract"
        assert by_id[link.align_run] == "align"
        assert link.simulated


def test_the_report_is_logged_whole_with_simulated_in_its_title(finished, client):
    names = {item.path for item in client.list_artifacts(finished.report.run_id)}
    assert {"report.html", "summary.md", "tables", "figures"} <= names
    page = finished.report.page.read_text(encoding="utf-8")
    assert "simulated subjects" in page.split("</title>")[0]
    for method in ("base", "full", "vpt-shallow"):
        assert method in finished.report.terminal
    assert "simulated" in client.get_run(finished.report.run_id).info.run_name
    note = client.get_run(finished.run_id).data.tags["mlflow.note.content"]
    assert "simulated" in note
    assert "2v2" in note
    study_artifacts = {item.path for item in client.list_artifacts(finished.run_id)}
    assert {"report.html", "lineage.json"} <= study_artifacts


def test_the_page_is_read_where_it_lies(finished, store):
    assert finished.report.page.is_relative_to(store / "mlruns")


def test_models_that_were_tuned_are_not_looked_at_again(finished, small_study, monkeypatch):
    looked_at = []
    monkeypatch.setattr(checks, "tuning_problems", lambda *cell: looked_at.append(cell) or ())
    refuse_unfit(small_study, in_store=True)
    assert looked_at == []
    refuse_unfit(small_study, in_store=False)
    assert len(looked_at) == 3


def test_a_second_study_computes_nothing(first_study, finished):
    assert finished.run_id != first_study.run_id
    assert children(finished.run_id) == []
    assert finished.report.run_id == first_study.report.run_id
    assert read_lineage(finished.run_id) == read_lineage(first_study.run_id)


def test_the_report_of_the_latest_study_can_be_asked_for_alone(finished):
    assert run_report(ReportConfig()).run_id == finished.report.run_id


def test_align_runs_are_reported_without_a_study_by_their_ids_or_by_a_filter(finished):
    _, links = read_lineage(finished.run_id)
    by_id = run_report(ReportConfig(runs=", ".join(link.align_run for link in links)))
    page = by_id.page.read_text(encoding="utf-8")
    assert "alignments with simulated-pictures" in mlflow.get_run(by_id.run_id).info.run_name
    assert all(link.align_run in page and link.extract_run in page for link in links)
    matching = ReportConfig(runs="tags.brain = 'simulated-pictures' and tags.seed = '9'")
    assert {link.align_run for link in what_to_report(matching).links} == {
        link.align_run for link in links
    }


def test_runs_that_cannot_be_reported_are_refused_all_at_once(finished):
    _, links = read_lineage(finished.run_id)
    with pytest.raises(RegistryError, match=r"(?s)2 problems.*of stage tune.*does not have"):
        run_report(ReportConfig(runs=f"{links[0].tune_run}, {'0' * 32}"))
    with pytest.raises(RegistryError, match=r"runs: expected align runs with .*; found none"):
        run_report(ReportConfig(runs="tags.brain = 'nowhere'"))
    with pytest.raises(RegistryError, match="or a filter such as"):
        run_report(ReportConfig(runs="brain is arrays"))
    with pytest.raises(ValueError, match="either study or runs"):
        ReportConfig(study=finished.run_id, runs="tags.brain = 'arrays'")


def test_the_sizes_of_a_study_are_those_of_its_files_and_hold_the_base_once(first_study, store):
    sizes = {row.kind: row for row in study_sizes(first_study.run_id)}
    assert {kind: row.number for kind, row in sizes.items()} == {
        "base": 1, "tune": 3, "extract": 3, "reference": 1, "align": 3, "report": 2, "version": 3,
    }  # fmt: skip
    weights = (PRETRAINED / "tiny-vit" / "model.safetensors").stat().st_size
    assert weights < sizes["base"].n_bytes < weights + 10_000
    parts = [4 * 3 * 128, 0]  # prompts, and the base itself, which adds nothing
    assert sizes["version"].n_bytes < weights + sum(parts) + 3 * 200_000
    _, links = read_lineage(first_study.run_id)
    folders = {Path(mlflow.get_run(link.align_run).info.artifact_uri) for link in links}
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert sizes["align"].n_bytes == sum(path.stat().st_size for path in files)


def test_a_report_of_a_run_that_is_no_study_is_refused(finished):
    _, links = read_lineage(finished.run_id)
    with pytest.raises(RegistryError, match=r"models are all aligned; found .* stage tune \(FINI"):
        run_report(ReportConfig(study=links[0].tune_run))
    with pytest.raises(RegistryError, match=r"found 'deadbeef', which this store does not have"):
        run_report(ReportConfig(study="deadbeef"))


def test_the_link_lands_on_the_runs_of_the_study(finished):
    link = browse_link(5000)
    assert f"/experiments/{finished.experiment_id}/runs" in link
    assert link.endswith("workflowType=machine_learning")


def test_the_links_lead_to_the_answer_the_scores_the_models_and_their_comparison(finished, client):
    named = links(5000)
    page = f"http://127.0.0.1:5000/#/experiments/{finished.experiment_id}"
    assert named["Answer and report"].startswith(f"{page}/runs/{latest_study()}?")
    assert named["Models"].startswith(f"{page}/models?")
    compared = json.loads(parse_qs(named["Prompt beside full"].partition("?")[2])["runs"][0])
    methods = {
        client.get_model_version("tiny-vit-digits", version).tags["method"] for version in compared
    }
    assert methods == {"full", "vpt-shallow"}
    assert all(client.get_run(run).data.tags["stage"] == "tune" for run in compared.values())


def test_the_link_to_the_scores_names_a_view_that_the_experiment_keeps(finished, client):
    key = parse_qs(links(5000)["Scores of all runs"].partition("?")[2])["viewStateShareKey"][0]
    tags = client.get_experiment(finished.experiment_id).tags
    view = json.loads(tags[f"mlflow.sharedViewState.{key}"])
    assert view["searchFilter"] == "tags.stage = 'align'"
    assert {"tags.`method`", "metrics.`encoding_2v2/LOC`"} <= set(view["selectedColumns"])
    assert "report.html" in tags["mlflow.note.content"]


def test_the_description_of_the_study_shows_a_figure_that_its_run_holds(finished, client):
    note = client.get_run(finished.run_id).data.tags["mlflow.note.content"]
    place = re.search(r"!\[[^]]+\]\(get-artifact\?run_uuid=(\w+)&path=([^)]+)\)", note)
    assert place[1] == finished.run_id
    assert Path(artifact(*place.groups())).read_text().startswith("<?xml")


def test_the_page_links_every_number_to_its_runs_and_version(finished):
    page = finished.report.page.read_text(encoding="utf-8")
    for link in read_lineage(finished.run_id)[1]:
        for run in (link.tune_run, link.extract_run, link.align_run):
            assert (
                f"http://127.0.0.1:5000/#/experiments/{finished.experiment_id}/runs/{run}" in page
            )
        name, version = link.model.removeprefix("models:/").split("/")
        assert f"http://127.0.0.1:5000/#/models/{name}/versions/{version}" in page


def test_a_brain_among_the_inputs_has_a_schema_and_a_profile(finished, client):
    link = read_lineage(finished.run_id)[1][0]
    (used,) = client.get_run(link.extract_run).inputs.dataset_inputs
    columns = json.loads(used.dataset.schema)["mlflow_colspec"]
    assert [column["name"] for column in columns][:2] == ["image", "group"]
    profile = json.loads(used.dataset.profile)
    assert (profile["subjects"], profile["stimuli"]) == (3, len(load_brain(link.brain, "").stimuli))
    assert set(profile["voxels"]) == {"EarlyVis", "LOC", "OPA"}


def test_brain_scores_show_on_the_models_of_the_experiment(finished):
    models = mlflow.search_logged_models(
        experiment_ids=[finished.experiment_id], output_format="list"
    )
    keys = {model.model_id: {metric.key for metric in model.metrics} for model in models}
    for link in read_lineage(finished.run_id)[1]:
        own = keys[resolve(link.model).model_id]
        assert {"task/accuracy", "decoding_2v2/LOC", "encoding_2v2/EarlyVis"} <= own


@pytest.mark.slow
def test_a_study_in_shuffled_folds_shows_what_leaks(finished, small_study):
    (grid,) = small_study.grids
    leaking = grid.model_copy(update={"align": {**grid.align, "split": "shuffled"}})
    studied = run_study(small_study.model_copy(update={"name": "leaking", "grids": (leaking,)}))
    page = studied.report.page.read_text(encoding="utf-8")
    for words in (
        "What shuffled folds add",
        "Shuffled minus grouped folds, decoding",
        "shuffled folds (stimulus groups split)",
        "Beyond nuisance features",
        "across-subjects ceiling",
        "signal ceiling",
        "of ceiling",
    ):
        assert words in page
    assert "What shuffled folds add" not in finished.report.page.read_text(encoding="utf-8")
