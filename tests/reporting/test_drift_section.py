"""Brain scores stand against how far tuning moved features, and the base is where it was."""

import numpy as np
import pandas as pd
import pytest

from pipeline.reporting.sections.drift import SECTION, distances_and_scores
from pipeline.reporting.views import views_of

LIKENESS = {"full": 0.6, "prompt": 0.9}


def drift_of(study):
    view = views_of(study.brain_scores)[0]
    rows = [
        {"base": view.base, "task": task, "method": method, "seed": 0, "brain": view.brain,
         "layer": layer, "cka": cka - 0.1 * layer, "rsa": cka - 0.1 * layer - 0.05}
        for task in ("summarization", "translation")
        for method, cka in LIKENESS.items()
        for layer in range(3)
    ]  # fmt: skip
    return view, pd.DataFrame(rows)


def test_a_model_is_as_far_as_its_layers_are_on_average(whole_study):
    view, drift = drift_of(whole_study)
    points = distances_and_scores(view, drift, whole_study.summary).set_index(["task", "method"])
    assert points.cka["translation", "full"] == pytest.approx(0.5)
    assert points.rsa["summarization", "prompt"] == pytest.approx(0.75)
    assert points.cka["translation", "base"] == 1
    assert ("question-answering", "full") not in points.index  # of which nothing is known
    rows = view.rows_of(whole_study.summary)
    own = rows[(rows.task == "translation") & (rows.method == "full")]["mean"].mean()
    assert points.brain_score["translation", "full"] == pytest.approx(own)


def test_figures_show_every_model_and_every_layer(make_results):
    study = make_results()
    study = make_results(drift=drift_of(study)[1])
    scatter, layers, table = SECTION.content(study).blocks
    panels = scatter.draw().axes
    assert [panel.get_xlabel() for panel in panels] == [
        "distance from the base (1 \u2212 CKA, debiased)",
        "distance from the base (1 \u2212 RSA)",
    ]
    drawn = {line.get_label(): line.get_xdata() for line in panels[0].lines}
    np.testing.assert_allclose(drawn["full fine-tuning"], [0.5, 0.5])
    assert "p value" in SECTION.content(study).intro
    profile = {line.get_label(): line.get_ydata() for line in layers.draw().axes[0].lines}
    np.testing.assert_allclose(profile["prompt tuning"], [0.9, 0.8, 0.7])
    assert len(table.texts) == 2 + 2 + 3  # each model, and the base in each task
