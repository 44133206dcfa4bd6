"""Versions along a path are registered, left with their features, and compared at equal score."""

import mlflow
import pytest
from machines import QUICK

from pipeline.config import AlignConfig, Cell, ExtractConfig, Grid, ReportConfig, StudyConfig
from pipeline.errors import RegistryError
from pipeline.tracking.aligned_runs import what_to_report
from pipeline.tracking.digests import folder_at
from pipeline.tracking.registered import resolve, versions_of
from pipeline.tracking.registry import add_details, is_undamaged
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.cell import links_of
from pipeline.tracking.stages.extract import run_extract
from pipeline.tracking.stages.forecast import stage as forecast
from pipeline.tracking.stages.report.cells import sums_of
from pipeline.tracking.stages.report.paths import matched_table, path_scores
from pipeline.tracking.stages.tune.on_the_way import discard_on_the_way, versions_on_the_way
from pipeline.tracking.stages.tune.paths import path_of
from pipeline.tracking.versions import DROPPED, TUNED, location_of_model
from pipeline.tracking.weightless import has_weights

TUNE = {
    "base": "tiny-vit", "task": "digits", "seed": 171, "max_train": 64, "max_eval": 24,
    "max_steps": 4, "eval_every": 2, "checkpoints": 2, "prompt_length": 3,
}  # fmt: skip
ALIGN = {
    "folds": 3, "inner_folds": 2, "trials": 2, "nuisance": False, "pooling": "class",
}  # fmt: skip


@pytest.fixture(scope="module")
def align(few_pictures):
    return {**ALIGN, **few_pictures}


@pytest.fixture(scope="module")
def links(store, align):
    """Tune by both, each with two versions on its way and by two lengths of a prompt."""
    methods = {"vpt-shallow": 0.1, "full": 1e-3}
    curves = {"prompt_length": [3, 5]}
    return [
        link
        for method, rate in methods.items()
        for link in links_of(
            Cell({**TUNE, "method": method, "learning_rate": rate}, (align,), curves)
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


@pytest.fixture(scope="module")
def on_the_way(models):
    return [version for version in models.values() if "step" in version.tags]


def files_of(version):
    """Give the sizes of what the store holds of a model, by name."""
    with folder_at(location_of_model(version.model_id)) as folder:
        paths = [path for path in (folder / TUNED).rglob("*") if path.is_file()]
        return {path.name: path.stat().st_size for path in paths}


def test_all_that_stays_of_a_model_on_the_way_is_its_card(on_the_way):
    assert len(on_the_way) == 4
    for version in on_the_way:
        files, stored = files_of(version), int(version.tags["bytes_stored"])
        assert set(files) == {"card.json"}
        if version.tags["method"] == "full":  # it was all weights when it was registered
            assert 4 * int(version.tags["total_parameters"]) < stored
            assert files["card.json"] < stored / 1000
        about = mlflow.MlflowClient().get_model_version(version.name, version.version).description
        assert about.endswith("its features are in the store, its weights were dropped")


def test_it_is_sound_and_aligned_in_other_ways_from_its_features(on_the_way, align):
    version = on_the_way[0]
    assert is_undamaged(version)
    other = {**align, "folds": 4, "nuisance": False, "model": version.uri}
    assert run_align(AlignConfig.model_validate(other), aside="test").scores().fold.nunique() == 4


def test_features_that_nothing_can_compute_any_more_are_refused(on_the_way, few_pictures):
    config = ExtractConfig(model=on_the_way[0].uri, **few_pictures, pooling="mean")
    with pytest.raises(RegistryError, match=r"weights were dropped.*weights_on_the_way=true"):
        run_extract(config)


def test_a_forecast_refuses_a_study_that_needs_them(on_the_way, few_pictures, monkeypatch):
    monkeypatch.setattr(forecast, "machine_constants", lambda: QUICK)
    tune = {name: value for name, value in TUNE.items() if name not in ("base", "task", "seed")}

    def refusals(pooling):
        grid = {
            "bases": ["tiny-vit"], "tasks": ["digits"], "methods": ["full"], "seeds": [171],
            "brains": [few_pictures], "tune": {**tune, "learning_rate": 1e-3},
            "align": {**ALIGN, "pooling": pooling},
        }  # fmt: skip
        study = StudyConfig(name="s", asks="?", grids=(Grid.model_validate(grid),))
        return [str(refusal) for refusal in forecast.run_forecast(study).refusals]

    assert not any("weights_on_the_way" in refusal for refusal in refusals("class"))
    assert sum("weights_on_the_way" in refusal for refusal in refusals("mean")) == 2


def test_weights_stay_where_they_are_asked_for_and_losing_them_is_damage(store):
    """No alignment is asked for: nothing but the weights would be dropped."""
    own = {**TUNE, "method": "full", "learning_rate": 1e-3, "seed": 172, "max_train": 16}
    assert not list(links_of(Cell({**own, "weights_on_the_way": True}, ())))
    first, last = (v for v in versions_of("tiny-vit-digits-on-the-way") if v.tags["seed"] == "172")
    for version in (first, last):
        assert has_weights(version)
        assert sum(files_of(version).values()) == int(version.tags["bytes_stored"])
    # a process that was killed between saying so and removing them leaves a sound version
    names = [f"{TUNED}/weights/{name}" for name in files_of(first) if name != "card.json"]
    add_details(first, {DROPPED: "\n".join(names)})
    half_done = resolve(first.uri)
    assert not has_weights(half_done)
    assert is_undamaged(half_done)
    for version, name in ((half_done, "card.json"), (last, "weights/model.safetensors")):
        with folder_at(location_of_model(version.model_id)) as folder:
            (folder / TUNED / name).unlink()
        assert not is_undamaged(version)


def test_versions_of_a_training_that_never_finished_are_removed(links, models):
    end = models[links[0].model]
    assert [point.place for point in path_of(end)] == [1, 4]
    before = len(versions_of("tiny-vit-digits-on-the-way"))
    discard_on_the_way(end.name, end.run_id)
    assert list(versions_on_the_way(end.name, end.run_id)) == []
    assert len(versions_of("tiny-vit-digits-on-the-way")) == before - 2
