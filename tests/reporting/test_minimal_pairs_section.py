"""Accuracies on minimal pairs stand beside the brain scores of the same models."""

import pandas as pd
import pytest

from pipeline.reporting.sections.minimal_pairs import MEAN, SECTION, pairs_table
from pipeline.reporting.views import views_of


def pairs_of(view):
    return pd.DataFrame(
        {"base": view.base, "task": "translation", "method": method, "seed": seed,
         "phenomenon": phenomenon, "accuracy": accuracy + 0.1 * seed, "n_pairs": 40}
        for method, both in {"base": (0.9, 0.7), "full": (0.6, 0.5)}.items()
        for phenomenon, accuracy in zip(("order", "agreement"), both, strict=True)
        for seed in (0, 1)
    )  # fmt: skip


def test_a_model_has_each_phenomenon_their_mean_and_its_brain_score(whole_study):
    view = views_of(whole_study.brain_scores)[0]
    table = pairs_table(view, pairs_of(view), whole_study.summary)
    row = table.values.set_index("method").loc["full"]
    assert row["order"] == pytest.approx(0.65)  # mean over trainings
    assert row[MEAN] == pytest.approx(0.6)
    rows = view.rows_of(whole_study.summary)
    own = rows[(rows.task == "translation") & (rows.method == "full")]["mean"].mean()
    assert row["mean 2v2"] == pytest.approx(own)
    assert table.texts["order"].tolist() == ["0.950", "0.650"]
    assert "order 40, agreement 40" in table.note


def test_bases_of_images_have_no_pairs(make_results):
    study = make_results()
    pairs = pairs_of(views_of(study.brain_scores)[0])
    (table,) = SECTION.content(make_results(minimal_pairs=pairs)).blocks
    assert "tiny-gpt2" in table.title
