"""Paths are drawn as they go, and contrasts at equal score say at which."""

import numpy as np
import pandas as pd
import pytest

from pipeline.reporting.sections.matched import SECTION as MATCHED
from pipeline.reporting.sections.paths import SECTION, path_means
from pipeline.reporting.views import views_of


def path_rows(view, kind="step", places=(1, 8, 64)):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"base": view.base, "task": "translation", "method": method, "seed": seed,
         "brain": view.brain, "simulated": view.simulated, "direction": view.direction,
         "split": view.split, "subject": subject, "path": kind, "place": place,
         "metric": "bertscore_f1", "validation": 0.1 * n + 0.02 * seed,
         "two_vs_two": 0.5 + 0.05 * n + rng.normal(0, 0.01)}
        for method in ("full", "prompt")
        for seed in (0, 1)
        for subject in ("sub-01", "sub-02", "sub-03")
        for n, place in enumerate(places)
    )  # fmt: skip


@pytest.fixture
def view(whole_study):
    return views_of(whole_study.brain_scores)[0]


def test_a_path_is_averaged_over_trainings_with_errors_over_subjects(view):
    rows = path_rows(view)
    means = path_means(rows).set_index(["method", "place"])
    own = rows[(rows.method == "full") & (rows.place == 8)]
    by_subject = own.groupby("subject").two_vs_two.mean()
    cell = means.loc[("full", 8)]
    assert cell["mean"] == pytest.approx(by_subject.mean())
    assert cell.high - cell["mean"] == pytest.approx(by_subject.sem())
    assert cell.validation == pytest.approx(0.11)


def test_brain_and_task_score_are_drawn_along_the_path_and_against_each_other(make_results, view):
    rows = pd.concat([path_rows(view), path_rows(view, "alpha", (0.0, 0.5, 1.0))])
    training, weights = SECTION.content(make_results(paths=rows)).blocks
    panels = training.draw().axes
    assert [panel.get_xscale() for panel in panels] == ["log", "log", "linear"]
    assert [panel.get_ylabel() for panel in panels] == [
        "mean 2v2 accuracy", "validation bertscore_f1", "mean 2v2 accuracy",
    ]  # fmt: skip
    np.testing.assert_allclose(panels[0].lines[0].get_xdata(), [1, 8, 64])
    assert len(panels[0].collections) == 2  # a band for each method
    assert weights.draw().axes[0].get_xlabel() == "share of tuned weights"
    assert weights.draw().axes[0].get_xscale() == "linear"


def test_contrasts_at_equal_score_say_at_which_or_why_there_are_none(make_results, view):
    place = {"modality": "text", "brain": view.brain, "simulated": view.simulated,
             "split": view.split, "direction": view.direction, "base": view.base,
             "metric": "bertscore_f1", "contrast": "prompt \u2212 full", "method_a": "prompt",
             "method_b": "full"}  # fmt: skip
    rows = [
        {**place, "task": "translation", "level": 0.5, "difference": 0.01, "low": -0.02,
         "high": 0.04, "reason": ""},
        {**place, "task": "translation", "level": np.nan, "difference": 0.02, "low": -0.01,
         "high": 0.05, "reason": ""},
        {**place, "task": "summarization", "level": np.nan, "difference": np.nan, "low": np.nan,
         "high": np.nan, "reason": "no task score that both methods reach"},
    ]  # fmt: skip
    (table,) = MATCHED.content(make_results(matched=pd.DataFrame(rows))).blocks
    assert table.texts["at equal score"].tolist() == [
        "bertscore_f1 0.500", "mean over scores", "\u2014",
    ]  # fmt: skip
    assert table.texts["95 % interval"].tolist()[2] == "no task score that both methods reach"
    assert table.texts["2v2"].tolist()[:2] == ["+0.010", "+0.020"]
