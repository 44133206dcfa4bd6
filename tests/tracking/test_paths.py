"""Versions along a path are registered, aligned and compared at equal task score."""

import mlflow
import pytest

from pipeline.config import Cell, ReportConfig
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.registered import resolve, versions_of
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.stages.report.cells import sums_of
from pipeline.tracking.stages.report.paths import matched_table, path_scores
from pipeline.tracking.stages.tune.on_the_way import discard_on_the_way, versions_on_the_way
from pipeline.tracking.stages.tune.paths import path_of

TUNE = {
    "base": "tiny-vit", "task": "digits", "seed": 171, "max_train": 64, "max_eval": 24,
    "max_steps": 4, "eval_every": 2, "checkpoints": 2, "prompt_length": 3,
}  # fmt: skip
ALIGN = {
    "brain": "simulated-pictures", "folds": 3, "inner_folds": 2, "trials": 2, "nuisance": False,
    "pooling": "class",
}  # fmt: skip


@pytest.fixture(scope="module")
def links(store):
    """Tune by both, each with two versions on its way and by two lengths of a prompt."""
    methods = {"vpt-shallow": 0.1, "full": 1e-3}
    curves = {"prompt_length": [3, 5]}
    return [
        link
        for method, rate in methods.items()
        for link in links_of(
            Cell({**TUNE, "method": method, "learning_rate": rate}, (ALIGN,), curves)
        )
    ]


@pytest.fixture(scope="module")
def models(links):
    return {link.model: resolve(link.model) for link in links}


def test_a_training_registers_its_versions_in_a_series_of_their_own(links, models):
    for method in ("vpt-shallow", "full"):
        end, first, last = (
            models[link.model]
            for link in links
            if models[link.model].tags["method"] == method and link.path in ("", "step")
        )
        assert end.name == "tiny-vit-digits"
        assert first.name == last.name == "tiny-vit-digits-on-the-way"
        assert [first.tags["step"], last.tags["step"]] == ["1", "4"]
        run = mlflow.get_run(last.run_id).data
        assert run.tags["mlflow.parentRunId"] == last.tags["training"] == end.run_id
        assert float(last.tags["validation_score"]) == run.metrics["validation/accuracy"]
        assert not any(name.startswith("task/") for name in run.metrics)  # test is for the end
    aliases = mlflow.MlflowClient().get_registered_model("tiny-vit-digits-on-the-way").aliases
    assert not aliases


def test_links_say_what_is_declared_and_what_lies_on_the_way(links):
    training = [("", 0), ("step", 1), ("step", 4)]
    curve = [("prompt_length", 3), ("prompt_length", 5)]  # which full does not heed
    assert [(link.path, link.place) for link in links] == [*training, *curve, *training]
    assert [link.is_declared for link in links].count(True) == 2


def test_a_curve_has_the_declared_value_as_it_is_and_others_tuned_anew(links, models):
    declared, other = (link for link in links if link.path == "prompt_length")
    assert declared.align_run == links[0].align_run
    assert models[other.model].tags["prompt_length"] == "5"
    assert models[other.model].name == "tiny-vit-digits"


def test_alignments_along_paths_are_in_no_report_of_runs_that_are_not_named(links):
    reportable = what_to_report(ReportConfig(runs="tags.seed = '171'"))
    declared = {link.align_run for link in links if link.is_declared}
    assert {link.align_run for link in reportable.links} == declared


def test_the_scores_along_a_path_are_those_of_its_alignments(links, models):
    scores = path_scores(sums_of([link for link in links if link.path == "step"], models), models)
    assert scores.groupby(["method", "direction"]).place.unique().map(list).tolist() == 4 * [[1, 4]]
    link = links[1]
    own = scores[(scores.method == "vpt-shallow") & (scores.place == 1)]
    logged = mlflow.get_run(link.align_run).data.metrics
    for direction, rows in own.groupby("direction"):
        assert rows.two_vs_two.mean() == pytest.approx(
            logged[f"mean/{direction}_2v2"], abs=0.02
        )  # pairs, not folds, weigh the same
    assert own.validation.unique() == float(models[link.model].tags["validation_score"])


def test_methods_are_compared_between_the_scores_that_both_reach(links, models):
    table = matched_table(sums_of(links, models), models, 0.02, "prompts - full")
    assert set(table.contrast) == {"vpt-shallow \u2212 full"}
    reached = {
        method: [float(m.tags["validation_score"]) for m in models.values()
                 if m.tags["method"] == method and "step" in m.tags]
        for method in ("vpt-shallow", "full")
    }  # fmt: skip
    low = max(scores[0] for scores in reached.values())
    high = min(max(scores) for scores in reached.values())
    levels = table.level.dropna()
    assert levels.between(low, high).all()
    assert set(table.metric) == {"accuracy"}


def test_versions_of_a_training_that_never_finished_are_removed(links, models):
    end = models[links[0].model]
    assert [point.place for point in path_of(end)] == [1, 4]
    before = len(versions_of("tiny-vit-digits-on-the-way"))
    discard_on_the_way(end.name, end.run_id)
    assert list(versions_on_the_way(end.name, end.run_id)) == []
    assert len(versions_of("tiny-vit-digits-on-the-way")) == before - 2
