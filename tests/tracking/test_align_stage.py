"""Alignment pulls a version, scores it per ROI and subject, and says so on the model."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from quick_alignment import BRAIN, QUICK, ROIS

from pipeline.alignment import best_layers, mean_within
from pipeline.alignment.dataset.plan import make_plan
from pipeline.alignment.dataset.subject_rois import align_rois
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ExtractConfig
from pipeline.tracking.registered import resolve
from pipeline.tracking.stages.align.records import share_at_border
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.extract import run_extract


def test_every_roi_subject_layer_and_fold_is_scored_in_both_directions(aligned):
    scores = aligned.scores()
    # subjects, directions, ROIs, layers, folds
    assert len(scores) == 3 * 2 * 4 * 5 * QUICK["folds"]
    assert scores.two_vs_two.between(0, 1).all()
    assert set(scores.roi) == set(ROIS)


def test_sums_over_pairs_of_groups_agree_with_the_scores_of_every_source(aligned):
    """Of the layer chosen in each fold; of every kind of nuisance features."""
    cell = ["source", "subject", "direction", "roi", "layer", "fold"]
    totals = aligned.pair_sums().groupby(cell)[["wins", "pairs"]].sum()
    scores, every = aligned.every_score(), aligned.every_score().set_index(cell).two_vs_two
    assert set(totals.index.unique("source")) == {"model", "both", "nuisance"}
    np.testing.assert_allclose(totals.wins / totals.pairs, every.loc[totals.index])
    chosen = best_layers(scores[scores.source == "model"]).set_index(cell).index
    assert set(chosen) == set(totals.loc[["model"]].index)


def metrics_of(version, aligned):
    """List what an alignment logged to a model, which others may have been aligned with, too."""
    metrics = mlflow.get_logged_model(version.model_id).metrics
    return [metric for metric in metrics if metric.run_id == aligned.run_id]


def test_the_run_and_the_model_carry_the_means(aligned, prompt, client):
    chosen = best_layers(aligned.scores())
    run = client.get_run(aligned.run_id)
    assert {"stage": "align", "brain": BRAIN, "method": "prompt"}.items() <= run.data.tags.items()
    logged = {m.key: m for m in metrics_of(prompt, aligned)}
    run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK))  # others may be shown meanwhile
    for direction in ("encoding", "decoding"):
        for roi in ROIS:
            rows = chosen[(chosen.direction == direction) & (chosen.roi == roi)]
            by_subject = rows.groupby("subject").two_vs_two.mean()
            key = f"{direction}_2v2/{roi}"
            assert run.data.metrics[key] == round(by_subject.mean(), 4)
            assert logged[key].value == round(by_subject.mean(), 4)
            assert logged[key].dataset_name == BRAIN
            assert run.data.metrics[f"{key}/sim2"] == round(by_subject["sim2"], 4)
            tag = resolve(prompt.uri).tags[f"{BRAIN}/{key}"]
            assert float(tag) == pytest.approx(by_subject.mean(), abs=1e-4)


def test_the_mean_over_rois_is_a_metric_of_the_run_and_of_the_model(aligned, prompt, client):
    metrics = client.get_run(aligned.run_id).data.metrics
    logged = {m.key: m.value for m in metrics_of(prompt, aligned)}
    for direction in ("encoding", "decoding"):
        mean = np.mean([metrics[f"{direction}_2v2/{roi}"] for roi in ROIS])
        assert metrics[f"mean/{direction}_2v2"] == pytest.approx(mean, abs=1e-4)
        assert logged[f"mean/{direction}_2v2"] == metrics[f"mean/{direction}_2v2"]


def test_the_first_letters_of_a_runs_name_tell_it_from_others(aligned, prompt, client):
    names = {client.get_run(i).info.run_name for i in (aligned.run_id, aligned.extract_run)}
    names.add(client.get_run(prompt.run_id).info.run_name)
    assert len({name[:18] for name in names}) == 3
    assert all(name.startswith("prompt ") for name in names)


def test_hard_pairs_ranks_and_borders_are_logged_beside_the_means(aligned, prompt, client):
    chosen = best_layers(aligned.scores())
    metrics = client.get_run(aligned.run_id).data.metrics
    assert metrics["alpha_at_border"] == pytest.approx(chosen.alpha_at_border.mean())
    rows = chosen[(chosen.direction == "encoding") & (chosen.roi == "dmn")]
    ranks = rows.groupby("subject").rank_accuracy.mean()
    assert metrics["encoding_rank/dmn"] == pytest.approx(ranks.mean())
    within = mean_within(rows, ["subject"])
    assert ("encoding_2v2_within/dmn" in metrics) == (len(within) > 0)
    assert metrics.get("encoding_2v2_within/dmn", 0) == pytest.approx(within.sum() / 3)
    logged = {m.key for m in mlflow.get_logged_model(prompt.model_id).metrics}
    assert "decoding_rank/language" in logged


def test_compare_in_the_registry_shows_the_brain_scores(aligned, prompt, client):
    """Compare reads the metrics of the run that made each version."""
    metrics = client.get_run(prompt.run_id).data.metrics
    assert {f"decoding_2v2/{roi}" for roi in ROIS} <= metrics.keys()


def test_simulated_stands_wherever_the_subjects_do(aligned, client):
    run = client.get_run(aligned.run_id)
    assert "simulated" in run.info.run_name
    assert all("simulated" in d.dataset.name for d in run.inputs.dataset_inputs)


@pytest.mark.parametrize(("at_border", "is_told"), [(2, False), (3, True)])
def test_alphas_on_the_border_are_told_of_where_most_lie_there(caplog, at_border, is_told):
    chosen = pd.DataFrame({"alpha_at_border": np.arange(4) < at_border})
    assert share_at_border(chosen) == at_border / 4
    assert ("a smaller alpha_low or a larger alpha_high" in caplog.text) == is_told


@pytest.mark.slow  # two splits of everything
def test_other_folds_are_another_alignment_of_the_same_features(aligned, prompt):
    settings = {**QUICK, "split": "shuffled"}
    other = run_align(AlignConfig(model=prompt.uri, brain=BRAIN, **settings))
    assert other.run_id != aligned.run_id
    assert other.extract_run == aligned.extract_run
    every = other.every_score()
    assert list(dict.fromkeys(every[every.source == "model"].split)) == ["shuffled", "grouped"]
    assert set(other.scores().split) == {"shuffled"}
    beside = every[(every.source == "model") & (every.split == "grouped")]
    pd.testing.assert_frame_equal(beside.reset_index(drop=True), aligned.scores())
    # only folds that leak can make use of the passage
    assert set(every[every.layer == "nuisance/passage"].split) == {"shuffled"}
    alone, ours = (t[t.source == "nuisance"] for t in (every, aligned.every_score()))
    beside = alone[alone.split == "grouped"].reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, ours.reset_index(drop=True))


def test_every_kind_of_row_is_kept_and_told_apart(aligned, client):
    every = aligned.every_score()
    assert set(every.source) == {"model", "nuisance", "both"}
    assert not every.isna().any(axis=None)
    assert {"nuisance/length", "nuisance/position", "nuisance/all"} < set(every.layer)
    unique = aligned.unique()
    assert len(unique) == 3 * 4 * QUICK["folds"]  # subjects, ROIs, folds
    logged = client.get_run(aligned.run_id).data.metrics
    for roi in ROIS:
        mean = unique[unique.roi == roi].unique.mean()
        assert logged[f"unique_2v2/{roi}"] == pytest.approx(mean)


def test_every_alpha_tried_is_logged_with_its_inner_scores(aligned, prompt):
    trials = aligned.alphas()
    assert len(trials) == 3 * 2 * 4 * QUICK["trials"]  # subjects, directions, ROIs, trials
    place = ["subject", "direction", "roi", "alpha"]
    chosen = aligned.scores()[place].drop_duplicates()
    assert len(chosen.merge(trials, on=place)) == len(chosen)
    plan = make_plan(AlignConfig(model=prompt.uri, brain=BRAIN, **QUICK), load_brain(BRAIN, ""))
    part = next(plan.parts())
    features = run_extract(ExtractConfig(model=prompt.uri, brain=BRAIN)).read()
    expected = pd.DataFrame(align_rois(part.some, features, part.settings).attrs["trials"])
    of_subject = trials[trials.subject == part.subject].reset_index(drop=True)
    assert set(of_subject.source) == {"model"}
    assert set(of_subject.split) == {"grouped"}
    pd.testing.assert_frame_equal(of_subject[expected.columns], expected)


def test_ceilings_of_every_kind_come_with_the_scores(aligned):
    ceilings = aligned.ceilings()
    assert set(ceilings.kind) == {"split-half", "across-subjects", "extrapolated", "signal"}
    assert set(ceilings.roi) == set(ROIS)
