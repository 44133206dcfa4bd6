"""Versions of single outer folds: registered, aligned there and nowhere else, put together."""

from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest
from quick_alignment import QUICK

from pipeline.alignment.dataset.plan import make_plan
from pipeline.alignment.folds import nested_folds
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.load import load_brain
from pipeline.config import AlignConfig, RegimeConfig
from pipeline.errors import AlignmentError, TuningError
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import finished_runs
from pipeline.tracking.stages.align.assembled import run_assembled, versions_behind
from pipeline.tracking.stages.align.stage import run_align
from pipeline.tracking.stages.regimes.fold_places import fold_places
from pipeline.tracking.stages.regimes.inputs import regime_request
from pipeline.tracking.stages.regimes.stage import regime_mark, run_regime

SCORED = {**QUICK, "folds": 2, "trials": 2, "nuisance": False}
TUNED = {"base": "tiny-gpt2", "batch_size": 16, "max_steps": 2, "eval_every": 2, "seed": 41}


def config_in(regime, method="full", **settings):
    return RegimeConfig.model_validate(
        {**TUNED, "regime": regime, "method": method, "learning_rate": 1e-3, **settings}
    )


@pytest.fixture(scope="module")
def align(tmp_path_factory):
    """Write 32 sentences of 8 passages, each shown twice, with voxels of every reliability."""
    folder = tmp_path_factory.mktemp("arrays")
    stimuli = load_brain("simulated-sentences", "").stimuli
    rows = [
        {"text": stimuli.items[n], "group": stimuli.groups[n], "repeat": f"s{n}"}
        for n in (*range(32), *range(32))
    ]
    pd.DataFrame(rows).to_csv(folder / "stimuli.csv", index=False)
    rng = np.random.default_rng(0)
    signal, noise = rng.standard_normal((32, 24)), rng.standard_normal((64, 24))
    values = np.tile(signal, (2, 1)) + np.linspace(0.3, 4, 24) * noise
    np.savez(folder / "s1.npz", responses=values.astype(np.float32), **{"roi/all": np.arange(24)})
    return {**SCORED, "brain": "arrays", "brain_dir": str(folder)}


@pytest.fixture(scope="module")
def whole(align):
    return AlignConfig(model="tiny-gpt2", **align)


@pytest.fixture(scope="module")
def brain(align):
    return load_brain("arrays", align["brain_dir"])


@pytest.fixture(scope="module")
def tuned(store, brain, whole):
    return run_regime(config_in("brain"), whole, brain)


@pytest.fixture(scope="module")
def assembled(tuned, brain, whole):
    return run_assembled(whole, tuned, brain).whole


def test_every_outer_fold_has_a_version_of_its_own_with_an_alias(tuned):
    assert [v.tags["fold"] for v in tuned] == ["0", "1"]
    assert {v.name for v in tuned} == {"tiny-gpt2-brain-arrays"}
    for version in tuned:
        alias = f"models:/{version.name}@full-fold-{version.tags['fold']}"
        assert resolve(alias).version == version.version
        assert version.names == {
            "base": "tiny-gpt2", "task": "brain", "method": "full", "seed": "41",
        }  # fmt: skip


def test_the_same_tuning_again_registers_nothing(tuned, brain, whole):
    again = run_regime(config_in("brain"), whole, brain)
    assert [v.uri for v in again] == [v.uri for v in tuned]


def test_the_rows_of_a_fold_are_those_that_align_makes(brain, whole):
    groups = make_plan(whole, brain).groups
    for place, fold in zip(fold_places(whole, brain), nested_folds(groups, whole), strict=True):
        rows = np.union1d(place.rows.train, place.rows.validation)
        np.testing.assert_array_equal(rows, fold.outer.train)
        assert not set(groups[place.rows.train]) & set(groups[place.rows.validation])


def with_responses(brain: BrainDataset, change):
    """Change the responses of every subject, and their repeats."""
    subjects = {
        name: replace(s, values=change(s.values), repeats=np.stack([change(r) for r in s.repeats]))
        for name, s in brain.subjects.items()
    }
    return BrainDataset(brain.name, brain.stimuli, subjects, brain.source)


@pytest.mark.parametrize("regime", ["stimulus", "brain", "joint"])
def test_responses_to_held_out_stimuli_do_not_enter_what_a_fold_is_tuned_on(brain, regime, whole):
    place = fold_places(whole, brain)[1]
    trained_on = [*place.rows.train, *place.rows.validation]
    held_out = np.setdiff1d(np.arange(len(brain.stimuli)), trained_on)

    def poison(values):
        changed = values.copy()
        changed[held_out] = 1e6 * np.arange(1, changed[held_out].size + 1).reshape(
            changed[held_out].shape
        )
        return changed

    marks = {
        regime_mark(regime_request(config_in(regime), one, place))
        for one in (brain, with_responses(brain, poison))
    }
    assert len(marks) == 1
    elsewhere = regime_mark(regime_request(config_in(regime), brain, fold_places(whole, brain)[0]))
    assert elsewhere not in marks


def test_voxels_are_chosen_by_the_ceilings_of_training_stimuli(brain, whole):
    place = fold_places(whole, brain)[0]
    numbers = [
        regime_request(config_in("brain", voxel_ceiling=least), brain, place).n_voxels
        for least in (-0.99, 0.0, 0.3)
    ]
    assert numbers[0] > numbers[1] > numbers[2] > 0
    with pytest.raises(TuningError, match=r"voxel_ceiling: .*found 0.99, which none is"):
        regime_request(config_in("brain", voxel_ceiling=0.99), brain, place)


def test_folds_put_together_are_each_fold_of_its_own_version(assembled, tuned, align):
    scores = assembled.every_score()
    assert sorted(scores.fold.unique()) == [0, 1]
    assert versions_behind(assembled.run_id) == [v.uri for v in tuned]
    own = run_align(AlignConfig(model=tuned[1].uri, fold=1, **align))
    of_fold = scores[scores.fold == 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_fold, own.every_score(), check_like=True)


TABLES = ("every_score", "pair_sums", "fit_scores", "partition", "nulls", "alphas", "unique")
NUMBERS = {"wins", "pairs", "two_vs_two", "value"}


def test_folds_of_one_version_put_together_are_its_alignment_in_all_folds(prompt, brain, align):
    further = {"permutations": 3, "partition": True, "nuisance": True}
    config = AlignConfig(model=prompt.uri, **{**align, **further})
    whole, parts = run_align(config), run_assembled(config, [prompt] * 2, brain).whole
    for table in TABLES:
        one, other = (getattr(aligned, table)() for aligned in (whole, parts))
        keys = [name for name in one if one[name].dtype.kind in "Oi" or name == "alpha"]
        keys = [name for name in keys if name not in NUMBERS]
        ordered = [t.sort_values(keys, kind="stable").reset_index(drop=True) for t in (one, other)]
        pd.testing.assert_frame_equal(*ordered, check_like=True, rtol=1e-6)


def test_a_control_has_one_version_for_all_folds(store, brain, align, whole):
    (control,) = run_regime(config_in("brain", "base"), whole, brain)
    assert "fold" not in control.tags
    assert run_align(AlignConfig(model=control.uri, **align)).every_score().fold.nunique() == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, r"fold: expected 0, the outer fold .* found all folds\. Pass fold=0"),
        ({"fold": 1}, r"fold: expected 0, .* found 1"),
        ({"fold": 0, "seed": 7}, r"folds: expected the split.* found .*seed=7"),
        ({"fold": 0, "folds": 4}, r"folds: expected the split.* found .*folds=4"),
        (
            {"brain": "simulated-pictures"},
            r"(?s)brain: expected arrays.*fold: expected 0",
        ),
    ],
)
def test_a_version_is_aligned_in_its_fold_and_nowhere_else(tuned, changed, message, align):
    with pytest.raises(AlignmentError, match=message):
        run_align(AlignConfig(model=tuned[0].uri, **{**align, **changed}))


def test_all_that_keeps_versions_from_folds_is_told_at_once(store, brain, whole):
    shuffled = whole.model_copy(update={"split": "shuffled", "repeats": 2})
    with pytest.raises(AlignmentError, match=r"(?s)split: expected .*repeats: expected 1"):
        run_regime(config_in("brain"), shuffled, brain)


def test_a_base_of_another_modality_and_an_interpolation_are_refused(store, brain, whole):
    config = config_in("joint", "wise-ft", base="tiny-vit")
    with pytest.raises(
        TuningError, match=r"(?s)brain: expected stimuli for image.*a method that is trained"
    ):
        run_regime(config, whole, brain)


def test_runs_of_a_fold_say_what_they_were_made_from(tuned):
    run = mlflow.get_run(tuned[1].run_id)
    assert run.data.params["fold"] == "1"
    assert run.data.params["regime"] == "brain"
    assert run.inputs.dataset_inputs[0].dataset.name == "arrays"
    assert {"validation/readout_r", "base/readout_r", "voxels"} <= set(run.data.metrics)
    assert tuned[1].tags["tuned_on"] == "arrays"
    assert finished_runs(run.data.tags["fingerprint"])
