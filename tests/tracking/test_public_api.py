"""A study's scores and a model's features can be had in Python, as they were logged."""

import doctest
import importlib
import json
import re
import subprocess
import sys
from importlib.util import find_spec

import mlflow
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from small_study import study_of

import pipeline
from pipeline.brains.load import load_brain
from pipeline.config import ScoreConfig
from pipeline.errors import ConfigError, DataError, RegistryError
from pipeline.extraction.store import FILE
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import artifact
from pipeline.tracking.stages.report.drift import drift_table
from pipeline.tracking.stages.study import run_study

HEAVY = ("torch", "mlflow", "pandas", "scipy", "numpy", "pydantic")
LOOK = f"""
import json, sys
import pipeline

print(json.dumps([dir(pipeline), [name for name in {HEAVY} if name in sys.modules]]))
"""


@pytest.fixture(scope="module")
def study(first_study, tmp_path_factory):
    """Run the small study again under another name, judged otherwise: its report alone is new."""
    declared = {"margin": 0.3, "family": "vpt-shallow - full, vpt-shallow - base"}
    folder = tmp_path_factory.mktemp("study")
    return run_study(study_of(folder, name="read in Python", **declared))


@pytest.fixture(scope="module")
def scores(study):
    return pipeline.scores(study.run_id)


@pytest.fixture(scope="module")
def contrasts(study):
    return pipeline.contrasts()


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((20, 3))
    return {"one": signal @ rng.standard_normal((3, 9))}, {"ROI": signal}, np.repeat(range(10), 2)


def test_importing_the_package_shows_its_functions_and_imports_nothing_heavy(repository):
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=True, timeout=60
    )
    names, heavy = json.loads(done.stdout)
    assert set(pipeline.__all__) <= set(names)
    assert heavy == []


@pytest.mark.parametrize("name", pipeline.__all__)
def test_no_function_hides_a_package(name):
    assert find_spec(f"pipeline.{name}") is None
    assert getattr(pipeline, name).__name__ == name


def test_there_is_nothing_else():
    with pytest.raises(AttributeError, match="'pipeline' has no attribute 'score'"):
        _ = pipeline.score


def test_a_score_is_told_with_all_that_it_is_of(scores, study):
    assert set(scores.study_run) == {study.run_id}
    assert set(scores.study) == {"read in Python (simulated subjects)"}
    labels = scores[["base", "task", "method", "seed", "brain", "simulated"]].drop_duplicates()
    of_all = ("tiny-vit", "digits", 9, "simulated-pictures", True)
    expected = {(*of_all[:2], method, *of_all[2:]) for method in ("base", "full", "vpt-shallow")}
    assert set(labels.itertuples(index=False, name=None)) == expected
    cell = ["method", "subject", "split", "repeat", "fold", "roi", "direction"]
    assert not scores.duplicated(cell).any()
    assert scores.layer.dtype.kind == "i"
    assert not scores.isna().any(axis=None)


def test_means_over_folds_and_subjects_are_those_that_align_logged(scores, study):
    _, links = read_lineage(study.run_id)
    means = scores.groupby(["method", "direction", "roi", "subject"]).score.mean()
    by_roi = means.groupby(["method", "direction", "roi"]).mean()
    for link in links:
        run = mlflow.get_run(link.align_run)
        of_method = by_roi[run.data.tags["method"]]
        assert len(of_method) >= 4
        for (direction, roi), mean in of_method.items():
            assert mean == pytest.approx(run.data.metrics[f"{direction}_2v2/{roi}"], abs=5e-5)


def test_the_newest_study_is_read_where_none_is_named(scores):
    pd.testing.assert_frame_equal(pipeline.scores(), scores)


def test_an_experiment_gives_the_newest_study_of_each_name(scores, study):
    name = mlflow.get_experiment(study.experiment_id).name
    of_experiment = pipeline.scores(name)
    assert of_experiment.groupby("study").study_run.nunique().eq(1).all()
    ours = of_experiment[of_experiment.study_run == study.run_id].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, scores)


def test_what_is_no_study_is_refused(study, client):
    with pytest.raises(RegistryError, match="found 'deadbeef', which this store does not have"):
        pipeline.scores("deadbeef")
    client.create_experiment("nothing yet")
    with pytest.raises(RegistryError, match="found 'nothing yet', without one"):
        pipeline.scores("nothing yet")


def test_contrasts_are_the_differences_of_scores(scores, contrasts):
    means = scores.groupby(["direction", "roi", "method"]).score.mean()
    assert set(contrasts.method_a + contrasts.method_b) >= {"vpt-shallowfull", "vpt-shallowbase"}
    measured = contrasts[contrasts.method_b.isin(set(scores.method))]  # others are controls
    for row in measured.itertuples():
        cell = means[row.direction, row.roi]
        difference = cell[row.method_a] - cell[row.method_b]
        assert row.difference == pytest.approx(difference, abs=1e-9)


def test_the_overall_contrast_is_the_mean_over_rois(study, contrasts):
    overall = pipeline.contrasts(study.run_id, overall=True)
    assert set(overall.study_run) == {study.run_id}
    means = contrasts.groupby(["direction", "contrast"]).difference.mean()
    for row in overall.itertuples():
        assert row.difference == pytest.approx(means[row.direction, row.contrast], abs=1e-9)


def test_contrasts_are_judged_by_the_margin_and_the_family_that_the_study_declares(study):
    table = pipeline.contrasts(study.run_id)
    primary = table[table.family == "primary"]
    assert set(primary.method_b) == {"full", "base"}
    tested = table[table.reason == ""]
    assert tested.least_margin.between(0.02, 0.3).any()  # the default would judge otherwise
    assert tested.equivalent.astype(bool).equals(tested.least_margin <= 0.3)


def test_features_of_tuned_models_have_drifted_from_the_base_above_the_embedding(study):
    _, links = read_lineage(study.run_id)
    drifted = drift_table(links, {link.model: resolve(link.model) for link in links})
    assert set(drifted.method) == {"full", "vpt-shallow"}  # not the base from itself
    assert drifted.cka.between(0, 1 + 1e-9).all()
    assert (drifted[drifted.layer > "layer_00"].cka < 1).all()


def test_the_figure_shows_the_contrast_of_each_roi(contrasts):
    figure = pipeline.plot_contrast()
    of_contrast = contrasts[
        (contrasts.contrast == "vpt-shallow \u2212 full") & (contrasts.direction == "encoding")
    ]
    name = "shallow visual prompt tuning \u2212 full fine-tuning"
    (line,) = (line for line in figure.axes[0].lines if line.get_label() == name)
    assert sorted(line.get_xdata()) == pytest.approx(sorted(of_contrast.difference))


def test_a_figure_of_what_the_study_does_not_have_is_refused_with_what_it_has(study):
    with pytest.raises(ConfigError, match="one of base 'tiny-vit' and brain 'simulated-pictures'"):
        pipeline.plot_contrast(brain="simulated-sentences")


@pytest.mark.parametrize("name", ["contrasts", "features", "scores"])
def test_the_examples_of_the_docstrings_print_what_they_say(study, name):
    module = importlib.import_module(f"pipeline.tracking.api.{name}")
    outcome = doctest.testmod(module, extraglobs={"pipeline": pipeline})
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_features_are_those_that_extract_logged(study):
    _, (*_, link) = read_lineage(study.run_id)
    logged = load_file(artifact(link.extract_run, FILE))
    pictures = load_brain("simulated-pictures", "").stimuli.items
    features = pipeline.features(link.model, pictures, pooling="class")
    assert features.keys() == logged.keys()
    for layer, values in logged.items():
        np.testing.assert_array_equal(features[layer], values)


@pytest.mark.parametrize(
    ("stimuli", "message"),
    [
        ("A dog ran.", "Put a single sentence in a list"),
        ([], "expected a sequence of sentences"),
        (["A dog ran.", " "], "none of them empty"),
        (np.zeros((2, 8, 8, 3)), "an array of uint8 pictures"),
        (np.zeros((8, 8, 3), dtype=np.uint8), r"expected shape .* found shape \(8, 8, 3\)"),
        (["A dog ran.", "It rained."], "expected image stimuli, as models:/tiny-vit-digits/"),
    ],
)
def test_stimuli_that_a_model_does_not_take_are_refused(study, stimuli, message):
    with pytest.raises(DataError, match=message):
        pipeline.features("models:/tiny-vit-digits@vpt-shallow", stimuli)


def test_an_address_of_another_form_is_refused(store):
    with pytest.raises(RegistryError, match=r"expected models:/<name>@<alias> or .* 'tiny-vit'"):
        pipeline.features("tiny-vit", ["A dog ran."])


def test_align_needs_no_settings(arrays):
    pd.testing.assert_frame_equal(pipeline.align(*arrays), pipeline.align(*arrays, ScoreConfig()))


def test_the_lines_in_the_readme_run(study, prompt, repository, capsys):
    text = (repository / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"## In Python\n.*?```python\n(.*?)```", text, re.DOTALL)[1]
    own = {
        "sentences": [f"The dog ran {n} miles to the {p}." for n in range(10) for p in "ab"],
        "responses": np.random.default_rng(0).standard_normal((20, 12)),
        "passages": np.repeat(range(10), 2),
    }
    exec(lines, own)
    assert "vpt-shallow" in capsys.readouterr().out
    assert set(own["table"].layer) == set(own["features"])
