"""An alignment is cut into units whose rows can be told apart, and fits a brain as it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.alignment import best_layers
from pipeline.alignment.dataset.ceilings import ceiling_units
from pipeline.alignment.dataset.plan import compute_parts, make_plan, model_units, nuisance_units
from pipeline.alignment.score_tables import ALL_NUISANCE, unique_part
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, ComputeConfig
from pipeline.errors import AlignmentError
from pipeline.extraction.nuisance import nuisance_features

QUICK = {"model": "models:/a@b", "folds": 3, "inner_folds": 2, "trials": 2}
SENTENCES, PICTURES = "simulated-sentences", "simulated-pictures"


def config_of(brain=SENTENCES, **settings):
    return AlignConfig.model_validate({**QUICK, "brain": brain, **settings})


def plan_of(brain=SENTENCES, subjects=1, **settings):
    config = config_of(brain, **settings)
    plan = make_plan(config, load_brain(brain, ""))
    few = dict(list(plan.brain.subjects.items())[:subjects])
    return replace(plan, brain=replace(plan.brain, subjects=few))


def features(n_layers=2):
    rng = np.random.default_rng(0)
    return {f"layer_{n:02d}": rng.standard_normal((192, 6)) for n in range(n_layers)}


def computed(units, folder):
    return compute_parts(list(units), folder, ComputeConfig(workers=1)).scores


def test_repeats_have_folds_of_their_own_and_number_them_on(tmp_path):
    once = computed(model_units(plan_of(), features(), {}), tmp_path / "1")
    thrice = computed(model_units(plan_of(repeats=3), features(), {}), tmp_path / "3")
    assert len(thrice) == 3 * len(once)
    assert sorted(thrice.fold.unique()) == list(range(9))
    assert (thrice.fold // 3 == thrice.repeat).all()
    pd.testing.assert_frame_equal(thrice[thrice.repeat == 0].reset_index(drop=True), once)
    by_repeat = thrice.groupby("repeat").two_vs_two.mean()
    assert by_repeat.nunique() == 3
    assert len(best_layers(thrice)) == len(thrice) // 2  # of two layers one, in every fold


def test_shuffled_folds_have_grouped_ones_beside_them(tmp_path):
    table = computed(model_units(plan_of(split="shuffled"), features(), {}), tmp_path)
    assert list(dict.fromkeys(table.split)) == ["shuffled", "grouped"]
    grouped = computed(model_units(plan_of(), features(), {}), tmp_path / "grouped")
    rows = table[table.split == "grouped"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, grouped)


def test_shuffled_folds_without_enough_groups_stand_alone_and_say_so(caplog, monkeypatch):
    caplog.set_level("INFO", logger="pipeline")
    monkeypatch.setattr(
        "pipeline.alignment.dataset.plan._groups", lambda *_: np.repeat(["a", "b"], 96)
    )
    assert [s.split for s in plan_of(split="shuffled").splits] == ["shuffled"]
    assert "no grouped folds to compare the shuffled ones with" in caplog.text


def test_units_of_single_rois_give_the_scores_of_units_of_all(tmp_path):
    whole = computed(model_units(plan_of(), features(), {}), tmp_path / "whole")
    units = list(model_units(plan_of(rois_per_unit=1), features(), {}))
    assert len(units) == 4
    parts = computed(units, tmp_path / "parts")
    keys = ["direction", "roi", "layer", "fold"]
    exact = ["two_vs_two", "alpha", "n_test"]
    both = (t.set_index(keys).sort_index()[exact] for t in (whole, parts))
    pd.testing.assert_frame_equal(*both)


def test_layers_are_scored_again_beside_nuisance_features(tmp_path):
    plan = plan_of()
    nuisance = nuisance_features(plan.brain.stimuli, with_groups=False)
    model = computed(model_units(plan, features(), nuisance), tmp_path / "model")
    alone = computed(nuisance_units(plan, nuisance), tmp_path / "alone")
    assert set(model.source) == {"model", "both"}
    kinds = ("length", "position", "word-frequency", "bag-of-words")
    assert set(alone.layer) == {*(f"nuisance/{kind}" for kind in kinds), ALL_NUISANCE}
    assert set(alone.direction) == set(model[model.source == "both"].direction) == {"encoding"}
    unique = unique_part(pd.concat([model, alone]), "two_vs_two")
    assert len(unique) == 4 * 3  # ROIs, folds
    both = model[model.source == "both"].drop(columns="source")
    expected = best_layers(both).set_index(["roi", "fold"]).two_vs_two
    rows = unique.set_index(["roi", "fold"])
    pd.testing.assert_series_equal(rows.both, expected, check_names=False, check_like=True)
    np.testing.assert_allclose(rows.unique, rows.both - rows.nuisance)


def test_a_model_that_is_nothing_but_nuisance_has_no_unique_part(tmp_path):
    """The copy only changes the weights of the same columns, and there is one alpha to take."""
    plan = plan_of(folds=5, trials=1)
    nuisance = nuisance_features(plan.brain.stimuli, with_groups=False)
    del nuisance["bag-of-words"]  # a control that is not among what a model is scored beyond
    copy = {"layer_00": np.hstack(list(nuisance.values()))}
    model = computed(model_units(plan, copy, nuisance), tmp_path / "model")
    alone = computed(nuisance_units(plan, nuisance), tmp_path / "alone")
    np.testing.assert_allclose(
        unique_part(pd.concat([model, alone]), "two_vs_two").unique, 0, atol=1e-12
    )


def test_a_model_that_knows_what_voxels_follow_has_a_unique_part(tmp_path):
    plan = plan_of(folds=5, trials=8)
    subject = plan.brain.subjects["sim1"]
    nuisance = nuisance_features(plan.brain.stimuli, with_groups=False)
    knowing = {"layer_00": subject.values[:, subject.rois["language"]]}
    model = computed(model_units(plan, knowing, nuisance), tmp_path / "model")
    alone = computed(nuisance_units(plan, nuisance), tmp_path / "alone")
    by_roi = unique_part(pd.concat([model, alone]), "two_vs_two").groupby("roi").unique.mean()
    assert by_roi["language"] > 0.2


def test_no_rows_and_no_unique_part_without_nuisance_features(tmp_path):
    plan = plan_of()
    assert list(nuisance_units(plan, {})) == []
    model = computed(model_units(plan, features(), {}), tmp_path)
    assert unique_part(model, "two_vs_two").empty


def test_near_identical_pictures_join_their_groups_and_that_is_told(caplog):
    caplog.set_level("INFO", logger="pipeline")
    strict, loose = (plan_of(PICTURES, near_identical=t).groups for t in (1.0, 0.86))
    assert len(set(loose)) < len(set(strict)) == 89
    assert f"89 stimulus groups become {len(set(loose))}" in caplog.text


def test_a_subject_whose_stimuli_make_too_few_groups_is_refused_before_anything_else():
    brain = load_brain(SENTENCES, "")
    stimulus_rows = np.arange(8)
    few = replace(brain.subjects["sim1"], values=brain.subjects["sim1"].values[:8], repeats=None)
    subjects = {**brain.subjects, "few": replace(few, stimulus_rows=stimulus_rows)}
    with pytest.raises(AlignmentError, match=r"at least 3 stimulus groups for 3 folds; found 2"):
        make_plan(config_of(), replace(brain, subjects=subjects))


def test_permutations_that_no_subject_has_enough_of_are_refused_before_anything_else(monkeypatch):
    sizes = [*range(2, 19), 22]  # no two alike: nothing can be exchanged
    unlike = np.repeat([f"g{size:02d}" for size in sizes], sizes)
    monkeypatch.setattr("pipeline.alignment.dataset.plan._groups", lambda *_: unlike)
    assert plan_of(permutations=0)
    message = r"(?s)3 problems.*permutations of sim1: .*found 1 distinct.*permutations of sim3: "
    with pytest.raises(AlignmentError, match=message):
        plan_of(permutations=99)


def with_rois(brain, **changes):
    """A brain dataset in which some ROIs of some subjects have other columns."""
    subjects = {
        name: replace(subject, rois={**subject.rois, **changes.get(name, {})})
        for name, subject in brain.subjects.items()
    }
    return replace(brain, subjects=subjects)


def test_rois_of_one_voxel_are_decoded_from_and_scored_by_voxel_r(tmp_path):
    brain = with_rois(load_brain(SENTENCES, ""), sim1={"dmn": np.array([3])})
    plan = make_plan(config_of(), replace(brain, subjects={"sim1": brain.subjects["sim1"]}))
    layers = {"layer_0": np.random.default_rng(0).standard_normal((len(brain.stimuli), 6))}
    nuisance = {"length": np.arange(len(brain.stimuli), dtype=float)[:, None]}
    units = list(model_units(plan, layers, nuisance))
    rows = compute_parts(units, tmp_path, ComputeConfig())
    directions = rows.scores[rows.scores.source == "model"].groupby("roi").direction.unique()
    assert directions.dmn.tolist() == ["decoding"]
    assert set(directions.language) == {"encoding", "decoding"}
    by_roi = rows.fit_scores.groupby("roi")
    assert by_roi.voxel_r.count().dmn == by_roi.voxel_r.count().language > 0
    assert by_roi.rsa_pearson.count().dmn == 0 < by_roi.rsa_pearson.count().language
    assert {"dmn"} == {roi for unit in units if unit.part.some.lone for roi in unit.part.some.rois}
    (lone,) = (unit for unit in units if unit.part.some.lone)
    alone = compute_parts([lone], tmp_path, ComputeConfig()).fit_scores
    assert alone.voxel_r.dtype == alone.rsa_pearson.dtype == np.float64
    assert not any(unit.source == "both" for unit in units if unit.part.some.lone)


def test_a_brain_of_nothing_but_rois_of_one_voxel_has_no_ceiling_of_patterns():
    one = dict.fromkeys(("language", "dmn", "task", "visual"), np.array([0]))
    brain = with_rois(load_brain(SENTENCES, ""), sim1=one, sim2=one, sim3=one)
    plan = make_plan(config_of(), brain)
    signals = {name: subject.values for name, subject in brain.subjects.items()}
    assert not list(ceiling_units(brain, signals, plan.groups, plan.splits[0]))
    assert not list(nuisance_units(plan, {"length": np.ones((len(brain.stimuli), 1))}))


def test_repeats_of_folds_that_know_no_chance_are_refused():
    with pytest.raises(ValueError, match=r"1 with split contiguous, whose folds do not depend"):
        config_of(split="contiguous", repeats=2)
